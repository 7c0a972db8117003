import {
  endedRequests,
  askStanding,
  isBeingMadeReady,
  masterOf,
  redactorOf,
  redactStrings,
  type FleetNode,
  type MasterStatistics,
  type StandingRun,
} from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { isLoadwrightError } from '@loadwright/core';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { formatCost, formatExpiry, formatSpan } from '../output/fleet.js';
import { formatCount } from '../output/format.js';
import { examples } from '../output/help.js';
import { describeTest, testDocument } from '../output/load.js';
import {
  addFleetFlags,
  findFleet,
  findStandingRun,
  type FleetFlags,
  type LastingFleet,
} from '../standing.js';

/** What a run that stands is doing. */
interface Status {
  readonly run: StandingRun;
  readonly url?: string;
  readonly expectedWorkers?: number;
  readonly nodes: readonly FleetNode[];
  /** Absent: the master does not answer. */
  readonly statistics?: MasterStatistics;
  /** Why there are no statistics. */
  readonly problem?: string;
  /** What to do then. */
  readonly hint?: string | undefined;
}

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description(
      'What a run is doing: its machines, its workers, its load. Without a name: the only run that stands.',
    )
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright status', 'of the only run'],
        ['loadwright status 4f32386de5 --json', 'as JSON'],
      ]),
    )
    .action(context.action((run: string | undefined, options: FleetFlags) => status(run, options, context)));
}

async function status(
  reference: string | undefined,
  options: FleetFlags,
  context: Context,
): Promise<ExitCode> {
  const fleet = await findFleet(options, context, { command: 'status', run: reference });
  const found = await look(fleet, await findStandingRun(fleet, reference));
  if (context.json) context.printJson(documentOf(found));
  else context.print(...format(found, context));
  return exitCodes.pass;
}

/** A run whose master does not answer still has a status. */
async function look(fleet: LastingFleet, run: StandingRun): Promise<Status> {
  try {
    const handle = await fleet.attach(run.runId);
    const { masterUrl: url, isForwarded, expectedWorkers } = handle;
    const nodes = await handle.status();
    const redact = redactorOf(handle);
    // An address that ends with this command is of no use to its reader.
    const made = { run, ...(!isForwarded && { url }), expectedWorkers, nodes: redactStrings(nodes, redact) };
    try {
      const master = masterOf(handle);
      const statistics = await askStanding(handle, (signal) => master.statistics({ signal }));
      return { ...made, statistics: redactStrings(statistics, redact) };
    } catch (error) {
      // The machine runs long before its master does.
      const starts =
        run.state === 'running' &&
        isSilence(error) &&
        isBeingMadeReady(handle) &&
        nodes.every(({ state }) => state !== 'failed');
      const state = starts ? 'starting' : run.state;
      return { ...made, run: { ...run, state }, ...redactStrings(problemOf(error), redact) };
    }
  } catch (error) {
    return { run, nodes: [], ...problemOf(error) };
  }
}

/** Nobody answered, rather than something that was not understood. */
function isSilence(error: unknown): boolean {
  return isLoadwrightError(error) && error.code === 'PROVISIONING_FAILED';
}

function problemOf(error: unknown): { problem: string; hint?: string } {
  if (!isLoadwrightError(error)) throw error;
  const { message: problem, hint } = error;
  return { problem, ...(hint !== undefined && { hint }) };
}

function documentOf({ run, statistics, ...found }: Status) {
  const { state, userCount: users, workers, total, test } = statistics ?? {};
  return {
    ...run,
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
  const { run, url, expectedWorkers = 0, nodes, statistics, problem, hint } = status;
  const now = new Date(io.now());
  const row = (label: string, value: string) => `  ${colors.dim(label.padEnd(10))}${value}`;
  const failed = nodes.filter(({ state }) => state === 'failed');
  const connected = statistics?.workers.filter(({ state }) => state !== 'missing').length ?? 0;
  const cost = run.costUsDollars === undefined ? [] : [`${formatCost(run)} so far`];
  return [
    `${colors.bold(run.runId)} ${run.state}`,
    row('age', [formatSpan(run.createdAt, now), ...cost].join(' · ')),
    row('ends', formatExpiry(run.expiresAt, now)),
    ...(url === undefined ? [] : [row('web UI', url)]),
    ...(statistics
      ? [
          row('workers', `${formatCount(connected)} of ${formatCount(expectedWorkers)} connected`),
          row('load', describeTest(statistics)),
          row(
            'requests',
            `${formatCount(endedRequests(statistics.total))} · ${formatCount(statistics.total.failed)} failed`,
          ),
        ]
      : []),
    ...(problem === undefined ? [] : [row('master', colors.red(problem))]),
    ...(hint === undefined ? [] : [row('next', hint)]),
    ...failed.map(({ name, reason }) => row(name, colors.red(reason ?? 'ended'))),
  ];
}
