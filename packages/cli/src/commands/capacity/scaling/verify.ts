import { LoadwrightError } from '@loadwright/core';
import type { LoadedConfig } from '@loadwright/core/config';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { validate, type FleetPrice } from '@loadwright/core/fleet';
import { formatDollars, formatFigure, formatLength, formatNumber } from '@loadwright/core/report';
import {
  quickened,
  requireVerifiable,
  restoreScaling,
  verificationCost,
  verificationRamps,
  verifyScaling,
  type ReplayScore,
  type VerificationCost,
  type VerifiedRamp,
} from '@loadwright/core/scaling';
import { parseNumber } from '@loadwright/core/text';
import type { Command } from 'commander';
import { loadConfiguration } from '../../../config/configuration.js';
import { examples } from '../../../output/help.js';
import { formatTable } from '../../../output/table.js';
import {
  addDemandFlags,
  demandFlags,
  priceOf,
  readCapacity,
  readDemand,
  secondsOf,
  type DemandFlags,
} from '../../../scaling/demand.js';
import { configuredEndpoint, type EndpointFlags } from '../../../scaling/endpoint.js';
import { replayPrice, replayRamp } from '../../../scaling/replay.js';
import { confirm, requireConsent, type ConsentFlags } from '../../../shell/confirm.js';
import type { Context } from '../../../shell/context.js';
import { interruptible } from '../../../shell/interrupt.js';
import { addEndpointFlags } from './live.js';

type VerifyFlags = DemandFlags &
  EndpointFlags &
  ConsentFlags & {
    readonly p95: string;
    readonly outside: string;
    readonly price?: string;
    readonly rollback?: boolean;
    readonly timeScale: string;
  };

/** Failures that an objective forgives: one of a thousand. */
const failureShare = 0.001;

export function configureVerify(command: Command, context: Context): void {
  addEndpointFlags(
    addDemandFlags(
      command.description(
        'Replay two ramps, one of them twice as slow, against the endpoint of the configuration as it is, and score how its scaling ' +
          'carries them. It says how long that takes and what it costs before it asks. Exit code 99: a ramp was not carried.',
      ),
    ),
  )
    .requiredOption('--p95 <duration>', 'the objective for the 95th percentile: 200ms')
    .option('--outside <duration>', 'time outside the objective that a ramp may have', '0s')
    .option('--price <dollars>', 'of an instance an hour, or of what the target counts, for the cost')
    .option(
      '--rollback',
      'put back what "loadwright scaling apply" changed, when a ramp is not carried or the verification is stopped',
    )
    .option(
      '--time-scale <number>',
      'of an emulator with this timeScale: ramps are so many times shorter, and their rates as many times higher',
      '1',
    )
    .option('--yes', 'do not ask')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        [
          'loadwright scaling verify --peak 300/s --ramp 10m --capacity 42/s --p95 200ms',
          'after scaling apply',
        ],
      ]),
    )
    .action(context.action((flags: VerifyFlags) => verify(flags, context)));
}

async function verify(flags: VerifyFlags, context: Context): Promise<ExitCode> {
  requireConsent(
    ['scaling verify', 'scaling simulate', [...demandFlags, '--p95', '--price']],
    flags,
    context,
  );
  const { io } = context;
  const capacity = await readCapacity(flags, io.cwd);
  const demand = readDemand(flags);
  const ramps = verificationRamps(demand);
  const timeScale = timeScaleOf(flags.timeScale);
  const objective = { p95Seconds: secondsOf('--p95', flags.p95), failureShare };
  const allowedSecondsOutside = secondsOf('--outside', flags.outside, 0);
  const price = flags.price === undefined ? undefined : priceOf(flags.price);
  const { config } = flags;
  return interruptible(
    io,
    { onStop: () => context.note('stopping…'), abandoned: 'the endpoint stays as it is' },
    async (signal) => {
      const loaded = await loadConfiguration(
        { ...(config !== undefined && { config }) },
        io,
        'scaling verify',
      );
      const endpoint = await configuredEndpoint(flags, context, signal);
      if (timeScale > 1) requireEmulator(loaded);
      // Not everything that scales counts instances.
      const { costs } = endpoint.scaling.recommend(endpoint.options, capacity, demand);
      const perUnit = costs?.requestsPerUnit ?? capacity.requestsPerSecond.low;
      // Before anybody is asked to wait for hours.
      await requireVerifiable(endpoint);
      const quick = ramps.map((ramp) => quickened(ramp, timeScale));
      const cost = {
        ...verificationCost(ramps, 1 / perUnit, price),
        fleet: await replayPrice(loaded, quick, context, signal),
      };
      if (!context.json) context.printText(describeCost(cost, timeScale, costs?.units ?? 'instances'));
      await confirm('Begin?', flags, context, { signal });
      let isHeld = false;
      try {
        const verified = await verifyScaling(endpoint, {
          ...{ ramps, objective, timeScale, allowedSecondsOutside },
          replay: (ramp, stop) => replayRamp(loaded, ramp, context, { signal: stop, timeScale }),
          onRamp: ({ load }) => context.note(`ramp of ${formatLength(load.rampSeconds)}: done`),
        });
        isHeld = verified.every(({ holds }) => holds);
        if (context.json) context.printJson({ objective, cost, ramps: verified });
        else context.print(formatRamps(verified, context));
      } finally {
        // A signal that ended the verification must not end this.
        const unstopped = {
          ...endpoint,
          context: { ...endpoint.context, signal: new AbortController().signal },
        };
        if (flags.rollback && !isHeld && (await restoreScaling(unstopped))) {
          context.note('The scaling is as it was before "loadwright scaling apply".');
        }
      }
      return isHeld ? exitCodes.pass : exitCodes.thresholdFailed;
    },
  );
}

/** @throws LoadwrightError `USAGE`. */
function timeScaleOf(text: string): number {
  const value = parseNumber(text);
  if (value !== undefined && value >= 1 && value <= 10_000) return value;
  throw new LoadwrightError('USAGE', `--time-scale: found "${text}", expected a number from 1 to 10000.`, {
    hint: 'Use the timeScale of the emulator.',
  });
}

/** A real service has the clock of everybody: a quick ramp would be another ramp. */
function requireEmulator({ config: { target } }: LoadedConfig): void {
  const { definition, options } = target;
  const { hostname } = new URL(definition.host(validate(definition.options, options, { field: 'target' })));
  if (['127.0.0.1', '[::1]', 'localhost'].includes(hostname)) return;
  throw new LoadwrightError('USAGE', `--time-scale: ${hostname} is no emulator on this machine.`, {
    hint: 'Leave it out: a service has the clock of everybody.',
  });
}

/** What a verification takes, in a sentence. */
function describeCost(
  { seconds, requests, usDollars, fleet }: VerificationCost & { readonly fleet: Omit<FleetPrice, 'source'> },
  timeScale: number,
  units: string,
): string {
  const ofService =
    usDollars === undefined
      ? `What the ${units} cost is not known: give the price of one with --price.`
      : `The ${units} cost about ${formatDollars(usDollars)}.`;
  const lower = fleet.isIncomplete ? 'at least' : 'about';
  const ofFleet =
    fleet.usDollars > 0 || fleet.isIncomplete
      ? ` The machines that make the load cost ${lower} ${formatDollars(fleet.usDollars)}.`
      : '';
  const money = `${ofService}${ofFleet}`;
  return `This takes ${formatLength(seconds / timeScale)} and ${formatNumber(requests)} requests. ${money} Until an instance is taken back a quarter of an hour must go by.`;
}

export function formatRamps(ramps: readonly VerifiedRamp[], { colors }: Pick<Context, 'colors'>): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const time = (seconds: number | null) => (seconds === null ? '–' : formatLength(seconds));
  const cells = (score: ReplayScore) => [
    `${formatLength(score.secondsOutside)} of ${formatLength(score.seconds)}`,
    formatNumber(score.failures),
    time(score.firstInstanceSeconds),
    time(score.scaleInSeconds),
    String(score.mostInstances),
    formatFigure(score.instanceHours),
  ];
  return formatTable(
    [
      'ramp',
      ...[
        'outside the objective',
        'failed',
        'first new instance',
        'scale-in',
        'most instances',
        'instance-hours',
      ].map(right),
    ],
    ramps.map(({ load, holds, score }) => [
      `${holds ? colors.green('✓') : colors.red('✗')} ${formatLength(load.rampSeconds)}`,
      ...cells(score),
    ]),
    colors,
  );
}
