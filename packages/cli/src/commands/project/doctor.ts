import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { diagnoseFleet, isLoadwrightError, type Finding } from '@loadwright/core';
import { findConfigFile } from '@loadwright/core/config';
import type { Command } from 'commander';
import { loadConfiguration, resultsOf } from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import {
  checkDocker,
  checkLocust,
  checkNode,
  checkPayloadsOf,
  checkProgram,
  checkResults,
  checkTarget,
  checkTest,
} from '../../doctor/checks.js';
import { checkFleet } from '../../doctor/check-fleet.js';
import { commandOf, nextDocument } from '../../output/next-step.js';
import { interruptible } from '../../shell/interrupt.js';
import { findDeployedFleet, findFleet } from '../../fleet/find-fleet.js';
import { exampleOf } from '../../fleet/fleet-kinds.js';
import { examples } from '../../output/help.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

interface DoctorOptions extends FleetFlags {
  readonly fix?: boolean;
}

export function configure(command: Command, context: Context): void {
  const example = exampleOf(context.fleets);
  addFleetFlags(command, context)
    .description(
      'Look at this machine, this project and the account of its fleet, and tell all that is missing at once. With a ' +
        'fleet: why that one does not work, with the evidence and what to do. Changes nothing, and makes no request to ' +
        'the service.',
    )
    .option('--fix', 'install the managed Locust')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright doctor', 'what is missing'],
        ['loadwright doctor --fix', 'and install Locust'],
        ['loadwright doctor 4f32386de5', 'why does this fleet not work?'],
        [`loadwright doctor ${example.flags}`, `is the account ready for ${example.title}?`],
      ]),
    )
    .action(
      context.action((fleet: string | undefined, options: DoctorOptions) =>
        fleet === undefined ? doctor(options, context) : examine(fleet, options, context),
      ),
    );
}

/** Why one fleet does not work. */
async function examine(reference: string, options: DoctorOptions, context: Context): Promise<ExitCode> {
  const fleet = await findFleet(options, context, { command: 'doctor', reference });
  const { fleetId } = await findDeployedFleet(fleet, reference, context);
  const findings = await interruptible(
    context.io,
    { onStop: () => context.note('stopping…'), abandoned: 'nothing to clean up' },
    (signal) => diagnoseFleet(fleet, fleetId, { signal }),
  );
  return conclude(findings, context, { fleetId });
}

async function doctor(options: DoctorOptions, context: Context): Promise<ExitCode> {
  const { io } = context;
  const findings = await interruptible(
    io,
    { onStop: () => context.note('stopping…'), abandoned: 'run "loadwright doctor --fix" again' },
    async (signal) => [
      await checkNode(),
      ...(await checkLocust(io, {
        fix: options.fix ?? false,
        signal,
        onProgress: (line) => context.note(context.errorColors.dim(line)),
      })),
      await checkProgram('uv', 'makes the first installation of Locust quicker', io),
      await checkDocker(io),
      ...(await checkProject(options, context, signal)),
    ],
  );
  return conclude(findings, context);
}

function conclude(findings: readonly Finding[], context: Context, about: object = {}): ExitCode {
  const problems = findings.filter(({ state }) => state === 'problem').length;
  if (context.json)
    context.printJson({
      ...about,
      problems,
      findings: findings.map(({ next, ...one }) => ({ ...one, ...nextDocument(next, context.given) })),
    });
  else context.printText(...findings.flatMap((finding) => format(finding, context)), '', summarise(findings));
  return problems > 0 ? exitCodes.badConfiguration : exitCodes.pass;
}

async function checkProject(
  options: DoctorOptions,
  context: Context,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { io } = context;
  const { config } = options;
  const subject = 'configuration';
  try {
    if (config === undefined && (await findConfigFile(io.cwd)) === undefined) {
      return [
        {
          subject,
          state: 'missing',
          detail: `no loadwright.config file in ${io.cwd}`,
          next: [{ action: 'create-configuration' }],
        },
        ...(await checkFleet({}, options, context, signal)),
      ];
    }
    const loaded = await loadConfiguration({ config }, io);
    const { config: resolved, baseDirectory } = loaded;
    const test = await checkTest(loaded, io);
    const isRight = test.state === 'good';
    return [
      test,
      // Without options that are right nothing is known of what the target needs.
      ...(isRight
        ? [
            ...(await checkTarget(resolved.target, baseDirectory, io)),
            ...(await checkPayloadsOf(resolved.target, baseDirectory, signal)),
          ]
        : []),
      await checkResults(resultsOf(loaded)),
      ...(await checkFleet({ fleet: resolved.fleet, ...(isRight && { loaded }) }, options, context, signal)),
    ];
  } catch (error) {
    if (!isLoadwrightError(error)) throw error;
    return [
      { subject, state: 'problem', detail: error.message, remedy: error.hint, next: error.next },
      ...(await checkFleet({}, options, context, signal)),
    ];
  }
}

function format(finding: Finding, { colors, given }: Context): string[] {
  const { subject, state, detail, evidence = [], remedy, next = [] } = finding;
  const symbol = {
    good: colors.green('✓'),
    missing: colors.yellow('–'),
    unknown: colors.yellow('?'),
    problem: colors.red('✗'),
  }[state];
  const indent = (text: string) => text.replaceAll('\n', '\n    ');
  return [
    `${symbol} ${colors.bold(subject)}: ${indent(detail)}`,
    ...(state === 'problem' ? evidence : []).map((line) => `    ${colors.dim(indent(line))}`),
    ...[...(remedy === undefined ? [] : [remedy]), ...next.map((step) => commandOf(step, given))].map(
      (line) => `    ${colors.cyan('→')} ${indent(line)}`,
    ),
  ];
}

function summarise(findings: readonly Finding[]): string {
  const of = (wanted: Finding['state']) =>
    findings.filter(({ state }) => state === wanted).map(({ subject }) => subject);
  const [problems, unknown] = [of('problem').length, of('unknown')];
  const unseen = unknown.length === 0 ? '' : ` Could not be looked at: ${unknown.join(', ')}.`;
  if (problems > 0) return `${problems === 1 ? '1 problem' : `${problems} problems`}.${unseen}`;
  return unseen === '' ? 'Ready.' : `No problem was seen.${unseen}`;
}
