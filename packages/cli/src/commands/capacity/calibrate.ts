import { LoadwrightError, openFleet, parseDuration, type Fleet } from '@loadwright/core';
import { calibrate, type Calibration, type TierInput } from '@loadwright/core/calibrate';
import { parseRate } from '@loadwright/core/command';
import type { LoadedConfig } from '@loadwright/core/config';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Emulator } from '@loadwright/core/target';
import { parseNumber } from '@loadwright/core/text';
import { Option, type Command } from 'commander';
import { loadConfiguration, resultsOf } from '../../config/configuration.js';
import { createFleet } from '../../fleet/create-fleet.js';
import { configuredFleet, findDeployedFleet, overriddenFleet } from '../../fleet/find-fleet.js';
import { addFleetOverrides, type FleetFlags } from '../../fleet/fleet-flags.js';
import { flagsOf } from '../../fleet/fleet-kinds.js';
import { createLiveView } from '../../live/view.js';
import { formatCalibration } from '../../output/calibration.js';
import { calibrationLines } from '../../output/calibration-progress.js';
import { examples } from '../../output/help.js';
import { besideEmulator, pointAt, startEmulatorOf } from '../../run/emulation.js';
import type { Context } from '../../shell/context.js';
import { repeating } from '../../shell/given.js';
import { interruptible } from '../../shell/interrupt.js';
import { collect } from '../../shell/parse.js';

interface CalibrateFlags extends FleetFlags {
  readonly objective: readonly string[];
  readonly tier?: readonly string[];
  readonly budget: string;
  readonly maxRequests?: string;
  readonly maxCost?: string;
  readonly costPerRequest?: string;
  readonly fleetCostPerHour?: string;
  readonly precision: string;
  readonly confidence: string;
  readonly from: string;
  readonly upTo: string;
  readonly warmUp: string;
  readonly arrivals: 'constant' | 'poisson';
  readonly resume?: string;
  readonly on?: string;
  readonly emulator?: boolean;
  readonly keepScaling?: boolean;
  readonly skipPreflight?: boolean;
  readonly observe?: boolean;
}

export function configure(command: Command, context: Context): void {
  addFleetOverrides(command, context, { makes: true })
    .description(
      'Find the highest arrival rate at which an objective holds, with its confidence interval: the rate is doubled until the ' +
        'objective breaks, and trials are repeated beside the estimate. Exit codes: 0 an interval was found, 96 the generator ' +
        'could not offer what the search needed, 99 no interval in this budget.',
    )
    .requiredOption(
      '--objective <condition...>',
      "what has to hold together: 'p(95)<200' 'rate<0.01' 'http_req_service: avg<80'; times in milliseconds",
    )
    .option(
      '--tier <conditions>',
      "another objective, whose capacity is found too: 'p(95)<500, rate<0.05'; may be given several times",
      collect,
    )
    .option('--config <file>', 'the configuration file (default: loadwright.config.* of this folder)')
    .option('--budget <duration>', 'time of all trials', '10m')
    .option('--max-requests <number>', 'no more requests than these')
    .option(
      '--max-cost <dollars>',
      'no more money than this, for the fleet and the requests: refused where the price of either is not known',
    )
    .option(
      '--cost-per-request <dollars>',
      'what the service takes for a request; 0: nothing more than is paid anyway',
    )
    .option('--fleet-cost-per-hour <dollars>', 'what the fleet costs an hour (default: as it says itself)')
    .option('--precision <percent>', 'wanted width of the interval, of its middle', '10%')
    .option('--confidence <percent>', 'of the interval', '95%')
    .option('--from <rate>', 'the first rate', '10/s')
    .option('--up-to <rate>', 'no rate is higher', '100000/s')
    .option('--warm-up <duration>', 'load at the first rate that is not judged', '5s')
    .addOption(
      new Option('--arrivals <kind>', 'of the requests: at random, or at equal distances')
        .choices(['poisson', 'constant'])
        .default('poisson'),
    )
    .option('--resume <id>', 'go on with a calibration that was interrupted')
    .option('--emulator', "calibrate the target's emulator, started for this, instead of the real service")
    .option('--keep-scaling', 'do not suspend what scales the service by itself')
    .option('--observe', 'read what the service reports of itself, for the resource that limits it')
    .option('--skip-preflight', 'make no request before the first trial')
    .addOption(
      new Option('--on <fleet>', 'on a deployed fleet (loadwright deploy), which stays as it is').conflicts(
        'emulator',
      ),
    )
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .addHelpText(
      'after',
      examples(context, [
        ["loadwright calibrate --objective 'p(95)<200' 'rate<0.01'", 'the capacity under two conditions'],
        ["loadwright calibrate --objective 'p(95)<200' --tier 'p(95)<500'", 'two tiers in one search'],
        [
          "loadwright calibrate --objective 'p(95)<200' --budget 3m --emulator",
          'try it without the real service',
        ],
      ]),
    )
    .action(context.action((flags: CalibrateFlags) => run(flags, context)));
}

async function run(flags: CalibrateFlags, context: Context): Promise<ExitCode> {
  const numbers = numbersOf(flags);
  const loaded = await loadConfiguration(
    { ...(flags.config !== undefined && { config: flags.config }) },
    context.io,
    'calibrate',
  );
  if (!flags.emulator) return runAgainst(undefined, loaded, flags, numbers, context);
  const { emulator, capacity } = await startEmulatorOf(loaded.config.target);
  try {
    const most = capacity === undefined ? '' : `, serves ${capacity} requests/s at most`;
    context.note(`${loaded.config.target.definition.kind} emulator: ${emulator.url}${most}`);
    return await runAgainst(emulator, loaded, flags, numbers, context);
  } finally {
    await emulator.stop();
  }
}

async function runAgainst(
  emulator: Emulator | undefined,
  loaded: LoadedConfig,
  flags: CalibrateFlags,
  { budget, ...numbers }: ReturnType<typeof numbersOf>,
  context: Context,
): Promise<ExitCode> {
  const { io } = context;
  const { config, baseDirectory } = loaded;
  const { environment } = io;
  const pointed = emulator
    ? pointAt(config.target, emulator, environment)
    : { target: config.target, environment };
  const { fleet, ...deployed } = await fleetOf(loaded, flags, context);
  const { name, workers, preflight } = config;
  const places = flagsOf(context.fleets, 'place').map(({ flag }) => flag);
  const view = createLiveView(io, context.json ? io.stderr : io.stdout, { live: false });
  const calibration = await interruptible(
    io,
    {
      onStop: (signal) =>
        view.say(`stopping (${signal}): the trials so far are kept; press Ctrl-C again to leave at once`),
      abandoned: `the fleet of a calibration may remain: ${repeating('loadwright list', context.given, ['--config', '--fleet', ...places])}`,
    },
    (signal) =>
      calibrate({
        ...{ ...pointed, fleet, name, workers, preflight, baseDirectory, budget, signal },
        ...deployed,
        // Requests to an emulator cost nothing, unless somebody says so.
        ...(emulator && { usDollarsPerRequest: 0 }),
        ...numbers,
        tiers: tiersOf(flags),
        arrivals: flags.arrivals,
        tolerate: emulator ? besideEmulator : Object.keys(config.tolerate ?? {}),
        resultsDirectory: resultsOf(loaded),
        suspendScaling: !emulator && !flags.keepScaling,
        skipPreflight: flags.skipPreflight ?? false,
        ...(flags.observe && { observe: emulator ? { waitSeconds: 0 } : true }),
        ...(flags.resume !== undefined && { id: flags.resume }),
        ...(emulator && { service: 'the emulator' }),
        onProgress: (event) => {
          if (event.type === 'message' || event.type === 'phase') view.onProgress(event);
        },
        onEvent: (event) => {
          for (const line of calibrationLines(event, numbers.precision, budget)) view.say(line);
        },
      }),
  ).finally(() => view.close());
  if (context.json) context.printJson(calibration);
  else context.print('', ...formatCalibration(calibration, context.colors));
  return exitCodeOf(calibration);
}

async function fleetOf(loaded: LoadedConfig, flags: CalibrateFlags, context: Context) {
  const { on } = flags;
  const { emulator: _, config: __, ...named } = flags;
  if (on === undefined) {
    const fleet: Fleet = await createFleet(
      overriddenFleet(loaded.config.fleet, named, context),
      context,
      named,
    );
    return { fleet };
  }
  const fleet = await configuredFleet(loaded, named, context, { command: 'calibrate --on', reference: on });
  const deployed = await findDeployedFleet(fleet, on, context);
  const { usDollarsPerHour, isCostIncomplete } = deployed;
  return {
    ...{ fleet, on: await openFleet(fleet, deployed.fleetId) },
    ...(usDollarsPerHour !== undefined && !isCostIncomplete && { usDollarsPerHour }),
  };
}

const exitCodeOf = ({ outcome }: Calibration): ExitCode =>
  ({ FOUND: exitCodes.pass, OPEN: exitCodes.thresholdFailed, INVALID: exitCodes.invalid })[outcome];

function tiersOf({ objective, tier = [] }: CalibrateFlags): TierInput[] {
  const written = tier.map((text) => text.split(',').map((condition) => condition.trim()));
  return [objective, ...written].map((conditions) => ({ conditions }));
}

function numbersOf(flags: CalibrateFlags) {
  const { maxRequests, maxCost, costPerRequest, fleetCostPerHour } = flags;
  const startRate = rateOf('--from', flags.from);
  const highestRate = rateOf('--up-to', flags.upTo);
  if (highestRate < startRate) throw usage('--up-to', flags.upTo, `at least the ${flags.from} of --from`);
  return {
    budget: {
      seconds: secondsOf('--budget', flags.budget, 30),
      ...(maxRequests !== undefined && { requests: numberOf('--max-requests', maxRequests) }),
      ...(maxCost !== undefined && { usDollars: numberOf('--max-cost', maxCost) }),
    },
    ...(costPerRequest !== undefined && {
      usDollarsPerRequest: numberOf('--cost-per-request', costPerRequest),
    }),
    ...(fleetCostPerHour !== undefined && {
      usDollarsPerHour: numberOf('--fleet-cost-per-hour', fleetCostPerHour),
    }),
    precision: shareOf('--precision', flags.precision),
    confidence: shareOf('--confidence', flags.confidence),
    startRate,
    highestRate,
    warmUpSeconds: secondsOf('--warm-up', flags.warmUp, 0),
  };
}

function usage(flag: string, text: string, expected: string): LoadwrightError {
  return new LoadwrightError('USAGE', `${flag}: found "${text}", expected ${expected}`, {
    hint: 'run "loadwright calibrate --help"',
  });
}

function secondsOf(flag: string, text: string, least: number): number {
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds < least)
    throw usage(flag, text, `a duration of at least ${least} s, such as 5m`);
  return seconds;
}

function numberOf(flag: string, text: string): number {
  const value = parseNumber(text);
  if (value === undefined || value < 0) throw usage(flag, text, 'a number that is not negative');
  return value;
}

function rateOf(flag: string, text: string): number {
  const rate = parseRate(text);
  if (rate === undefined || !(rate > 0)) throw usage(flag, text, 'a rate such as 50/s');
  return rate;
}

function shareOf(flag: string, text: string): number {
  const [, digits] = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text) ?? [];
  const share = Number(digits) / 100;
  if (!(share > 0 && share <= 1)) throw usage(flag, text, 'a percentage such as 10%');
  return share;
}
