import { endedRequests, formatNumber } from '@loadwright/core/report';
import { isBeingMadeReady, redactorOf } from '@loadwright/core/fleet';
import {
  openFleet,
  type FleetNode,
  type MasterStatistics,
  type DeployedFleet,
  isLoadwrightError,
} from '@loadwright/core';
import { redactStrings } from '@loadwright/core/command';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../../shell/context.js';
import type { GivenOptions } from '../../shell/given.js';
import { nextDocument, type TypedStep } from '../../output/next-step.js';
import { factFormatter } from '../../output/table.js';
import { formatCost, formatExpiry, formatSpan } from '../../output/fleet.js';
import { examples } from '../../output/help.js';
import { describeTest, testDocument } from '../../output/load.js';
import { findFleet, findDeployedFleet, type LastingFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

/** The state of a deployed fleet. */
interface Status {
  readonly deployed: DeployedFleet;
  readonly url?: string;
  readonly expectedWorkers?: number;
  readonly nodes: readonly FleetNode[];
  /** Absent: the master does not answer. */
  readonly statistics?: MasterStatistics;
  /** Why there are no statistics. */
  readonly problem?: string;
  /** What to do then. */
  readonly hint?: string | undefined;
  readonly next?: readonly TypedStep[];
}

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description(
      'The state of a fleet: its machines, its workers, its load. Without a fleet id: the only deployed fleet.',
    )
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright status', 'of the only fleet'],
        ['loadwright status 4f32386de5 --json', 'as JSON'],
      ]),
    )
    .action(
      context.action((fleet: string | undefined, options: FleetFlags) => status(fleet, options, context)),
    );
}

async function status(
  reference: string | undefined,
  options: FleetFlags,
  context: Context,
): Promise<ExitCode> {
  const fleet = await findFleet(options, context, { command: 'status', reference });
  const found = await look(fleet, await findDeployedFleet(fleet, reference, context), context);
  if (context.json) context.printJson(documentOf(found));
  else context.print(...format(found, context));
  return exitCodes.pass;
}

/** A fleet whose master does not answer still has a status. */
async function look(fleet: LastingFleet, deployed: DeployedFleet, { given }: Context): Promise<Status> {
  try {
    const opened = await openFleet(fleet, deployed.fleetId);
    const { handle } = opened;
    const { masterUrl: url, isForwarded, expectedWorkers } = handle;
    const nodes = await opened.status();
    // An address that ends with this command is of no use to its reader.
    const made = { deployed, ...(!isForwarded && { url }), expectedWorkers, nodes };
    try {
      return { ...made, statistics: await opened.statistics() };
    } catch (error) {
      // The machine runs long before its master does.
      const starts =
        deployed.state === 'running' &&
        isSilence(error) &&
        isBeingMadeReady(handle) &&
        nodes.every(({ state }) => state !== 'failed');
      const state = starts ? 'starting' : deployed.state;
      const problem = redactStrings(problemOf(error, given), redactorOf(handle));
      return { ...made, deployed: { ...deployed, state }, ...problem };
    }
  } catch (error) {
    return { deployed, nodes: [], ...problemOf(error, given) };
  }
}

/** Nobody answered, rather than something that was not understood. */
function isSilence(error: unknown): boolean {
  return isLoadwrightError(error) && error.code === 'PROVISIONING_FAILED';
}

function problemOf(error: unknown, given: GivenOptions): Pick<Status, 'problem' | 'hint' | 'next'> {
  if (!isLoadwrightError(error)) throw error;
  const { message: problem, hint, next } = error;
  return { problem, ...(hint !== undefined && { hint }), ...nextDocument(next, given) };
}

function documentOf({ deployed, statistics, ...found }: Status) {
  const { state, userCount: users, workers, total, test } = statistics ?? {};
  return {
    ...deployed,
    ...found,
    ...(statistics && {
      load: {
        ...{ state, users, workers, requests: total && endedRequests(total), failures: total?.failed },
        ...(test && { test: testDocument(test) }),
      },
    }),
  };
}

function format(status: Status, { io, colors }: Context): string[] {
  const { deployed, url, expectedWorkers = 0, nodes, statistics, problem, hint, next = [] } = status;
  const now = new Date(io.now());
  const fact = factFormatter(colors);
  const ended = nodes.filter(
    ({ state, reason }) => state === 'failed' || (state === 'stopped' && reason !== undefined),
  );
  const instances = instancesOf(nodes);
  const connected = statistics?.workers.filter(({ state }) => state !== 'missing').length ?? 0;
  const cost = deployed.costUsDollars === undefined ? [] : [`${formatCost(deployed)} so far`];
  return [
    `${colors.bold(deployed.fleetId)} ${deployed.state}`,
    ...(deployed.name === undefined ? [] : [fact('name', deployed.name)]),
    fact('age', [formatSpan(deployed.createdAt, now), ...cost].join(' · ')),
    fact('ends', formatExpiry(deployed.expiresAt, now)),
    ...(deployed.problem === undefined ? [] : [fact('left alone', deployed.problem)]),
    ...(url === undefined ? [] : [fact('web UI', url)]),
    ...(statistics
      ? [
          fact('workers', `${formatNumber(connected)} of ${formatNumber(expectedWorkers)} connected`),
          fact('load', describeTest(statistics)),
          fact(
            'requests',
            `${formatNumber(endedRequests(statistics.total))} · ${formatNumber(statistics.total.failed)} failed`,
          ),
        ]
      : []),
    ...(problem === undefined ? [] : [fact('master', colors.red(problem))]),
    ...(hint === undefined ? [] : [fact('hint', hint)]),
    ...next.map(({ command }, index) => fact(index === 0 ? 'next' : '', command)),
    ...(instances.length === 0 ? [] : [fact('instances', instances.join(', '))]),
    ...ended.flatMap(({ name, reason, remedy }) => [
      fact(name, colors.red(reason ?? 'ended')),
      ...(remedy === undefined ? [] : [fact('', remedy)]),
    ]),
  ];
}

/** The machines with what is on them: `i-1 (master)`, `i-2 (2 workers, 1 of them failed)`. */
function instancesOf(nodes: readonly FleetNode[]): string[] {
  const byInstance = new Map<string, FleetNode[]>();
  for (const node of nodes) {
    if (node.instance === undefined) continue;
    byInstance.set(node.instance, [...(byInstance.get(node.instance) ?? []), node]);
  }
  return [...byInstance].map(([instance, on]) => {
    const workers = on.filter(({ role }) => role === 'worker').length;
    const parts = [
      ...(on.some(({ role }) => role === 'master') ? ['master'] : []),
      ...(workers === 0 ? [] : [`${workers} ${workers === 1 ? 'worker' : 'workers'}`]),
    ];
    const notRunning = on.filter(({ state }) => state !== 'running').map(({ state }) => state);
    return `${instance} (${[...parts, ...new Set(notRunning)].join(', ')})`;
  });
}
