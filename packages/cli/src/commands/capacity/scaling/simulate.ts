import { resolve } from 'node:path';
import { LoadwrightError } from '@loadwright/core';
import { writeWhole } from '@loadwright/core/command';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { formatDollars, formatFigure, formatMilliseconds } from '@loadwright/core/report';
import {
  capacityFrontier,
  defaultAssumptions,
  handFormula,
  instanceCosts,
  planScaling,
  renderScalingHtml,
  scoreTexts,
  simulateScaling,
  wayNames,
  withOutcomes,
  type RampLoad,
  type ScalingRules,
  type SimulatedComparison,
  type SimulatedService,
} from '@loadwright/core/scaling';
import type { InstanceCapacity, ScalingDemand } from '@loadwright/core/target';
import { Option, type Command } from 'commander';
import { examples } from '../../../output/help.js';
import { formatTable } from '../../../output/table.js';
import { addDemandFlags, priceOf, readDemand, secondsOf, type DemandFlags } from '../../../scaling/demand.js';
import { assumeCapacity } from '../../../scaling/assumed-capacity.js';
import type { Context } from '../../../shell/context.js';

interface SimulateFlags extends DemandFlags {
  readonly slots?: string;
  readonly distribution: SimulatedService['distribution'];
  readonly routing: SimulatedService['routing'];
  readonly hold: string;
  readonly p95?: string;
  readonly price?: string;
  readonly seed: string;
  readonly html: string;
}

export function configureSimulate(command: Command, context: Context): void {
  addDemandFlags(
    command.description(
      'Simulate how an endpoint follows a ramp, under three policies side by side: as many instances as the peak needs, the ' +
        'formula that AWS publishes (half of the highest rate), and what is recommended. Makes nothing, costs nothing.',
    ),
  )
    .option(
      '--slots <number>',
      'requests that one instance serves at once (default: by capacity and service time)',
    )
    .addOption(
      new Option('--distribution <name>', 'of the service times')
        .choices(['constant', 'exponential', 'log-normal'])
        .default('log-normal'),
    )
    .addOption(
      new Option('--routing <how>', 'to the instance that is free first, or at random')
        .choices(['even', 'random'])
        .default('even'),
    )
    .option('--hold <duration>', 'time at the peak', '20m')
    .option(
      '--p95 <duration>',
      'the objective for the 95th percentile (default: five times the service time)',
    )
    .option('--price <dollars>', 'of an instance an hour, for the cost')
    .option('--seed <number>', 'the same seed gives the same picture', '1')
    .option('--html <file>', 'the picture', 'scaling.html')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright scaling simulate --peak 3000/s --ramp 10m', 'by the newest calibration, or an example'],
        [
          'loadwright scaling simulate --peak 3000/s --ramp 10m --capacity 42/s --service-time 80ms',
          'by figures of yours',
        ],
        [
          'loadwright scaling simulate --peak 3000/s --ramp 10m --calibration calibration.json',
          'by a calibration',
        ],
      ]),
    )
    .action(context.action((flags: SimulateFlags) => simulate(flags, context)));
}

async function simulate(flags: SimulateFlags, context: Context): Promise<ExitCode> {
  const { cwd } = context.io;
  const demand = readDemand(flags);
  const { capacity, source } = await assumeCapacity(flags, context.io);
  const comparison = { ...compare(flags, capacity, demand), source };
  const file = resolve(cwd, flags.html);
  await writeWhole(file, await renderScalingHtml(comparison), { mode: 0o666 });
  if (context.json) context.printJson({ ...comparison, html: file });
  else print(comparison, file, context);
  return exitCodes.pass;
}

function compare(
  flags: SimulateFlags,
  capacity: InstanceCapacity,
  demand: ScalingDemand,
): SimulatedComparison {
  const assumptions = { ...defaultAssumptions, startSeconds: demand.startSeconds };
  const service = serviceOf(flags, capacity);
  const objective = {
    p95Seconds: flags.p95 === undefined ? service.serviceSeconds * 5 : secondsOf('--p95', flags.p95),
    failureShare: 0.001,
  };
  const load: RampLoad = {
    ...{ basePerSecond: demand.basePerSecond, peakPerSecond: demand.peakPerSecond },
    ...{ leadSeconds: 300, rampSeconds: demand.rampSeconds, holdSeconds: secondsOf('--hold', flags.hold) },
    ...{ fallSeconds: demand.rampSeconds, tailSeconds: 1800 },
  };
  const plan = planScaling(capacity, demand, assumptions);
  const fixed = Math.ceil(demand.peakPerSecond / (0.85 * capacity.requestsPerSecond.low));
  const policies: [string, ScalingRules][] = [
    [wayNames.recommended, plan.rules],
    [wayNames.hand, handFormula(capacity, demand)],
    [wayNames.fixed, { min: fixed, max: fixed, policies: [], suspended: { in: false, out: false } }],
  ];
  const seed = wholeNumber('--seed', flags.seed, 0);
  const price = flags.price === undefined ? undefined : priceOf(flags.price);
  const results = policies.map(([name, rules]) =>
    simulateScaling({ name, rules, service, assumptions, instances: rules.min, load, objective, seed }),
  );
  const frontier = capacityFrontier((known) => instanceCosts(known, demand), capacity, price);
  return {
    load,
    service,
    objective,
    assumptions,
    results,
    frontier: withOutcomes(frontier, results, demand.peakPerSecond),
    ...(price !== undefined && { usDollarsPerHour: price }),
  };
}

/** Its capacity within the objective is less than what its slots could serve: 85 % is usual. */
const usedShare = 0.85;

function serviceOf(flags: SimulateFlags, capacity: InstanceCapacity): SimulatedService {
  const rate = capacity.requestsPerSecond.low / usedShare;
  const given = flags.slots === undefined ? undefined : wholeNumber('--slots', flags.slots, 1);
  const slots = given ?? Math.max(1, Math.round(rate * (capacity.serviceSeconds ?? 1 / rate)));
  return {
    ...{ slots, serviceSeconds: slots / rate, distribution: flags.distribution, routing: flags.routing },
    ...{ queueLimit: 100_000, timeoutSeconds: 60 },
  };
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= 4_294_967_295) return value;
  throw new LoadwrightError('USAGE', `${flag}: found "${text}", expected a whole number from ${least}.`, {
    hint: `Use, for example, ${flag} 4.`,
  });
}

function print(
  comparison: SimulatedComparison & { readonly source: string },
  file: string,
  context: Context,
): void {
  const { colors } = context;
  const { load, objective, results, source, usDollarsPerHour: price } = comparison;
  const right = (title: string) => ({ title, align: 'right' as const });
  context.print(
    `${colors.bold('Simulated')}: ${formatFigure(load.basePerSecond)}/s to ${formatFigure(load.peakPerSecond)}/s, p95 within ${formatMilliseconds(objective.p95Seconds * 1000)}`,
    source,
    formatTable(
      [
        'policy',
        ...[right('outside the objective'), right('failed'), right('first new instance'), right('scale-in')],
        ...[right('instances'), right(price === undefined ? 'instance-hours' : 'cost')],
      ],
      results.map((result) => {
        const texts = scoreTexts(result);
        return [
          `${texts.holds ? colors.green('✓') : colors.red('✗')} ${texts.name}`,
          ...[texts.outside, texts.failures, texts.firstInstance, texts.scaleIn, texts.instances],
          price === undefined ? texts.hours : formatDollars(result.score.instanceHours * price),
        ];
      }),
      colors,
    ),
    '',
    `Picture: ${file}`,
  );
}
