import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LoadwrightError, parseDuration } from '@loadwright/core';
import { parseRate } from '@loadwright/core/command';
import { whyUnreadable } from '@loadwright/core/config';
import type { InstanceCapacity, ScalingDemand } from '@loadwright/core/target';
import { Command, Option } from 'commander';
import { z } from 'zod';

/** What is said of an instance, and of the load that is to be carried. */
export interface DemandFlags {
  readonly capacity?: string;
  readonly serviceTime?: string;
  readonly calibration?: string;
  readonly peak: string;
  readonly base?: string;
  readonly ramp: string;
  readonly startTime: string;
  readonly fromZero?: boolean;
}

/** Those that {@link addDemandFlags} adds. */
export const demandFlags: readonly string[] = addDemandFlags(new Command()).options.flatMap(
  ({ long }) => long ?? [],
);

export function addDemandFlags(command: Command): Command {
  return command
    .requiredOption('--peak <rate>', 'the highest rate of the load: 3000/s')
    .option('--base <rate>', 'the rate before the ramp (default: a tenth of the peak)')
    .option('--ramp <duration>', 'time from the base to the peak', '10m')
    .option(
      '--capacity <rate>',
      'what one instance holds within the objective: 42/s, or its interval 40/s..44/s',
    )
    .option('--service-time <duration>', 'mean time that a request takes without waiting: 80ms')
    .addOption(
      new Option(
        '--calibration <file>',
        'calibration.json, in place of --capacity and --service-time',
      ).conflicts(['capacity', 'serviceTime']),
    )
    .option('--start-time <duration>', 'from the decision to a new instance that serves', '5m');
}

/** @throws LoadwrightError `USAGE` or `CONFIG_UNREADABLE`. */
export async function readCapacity(flags: DemandFlags, cwd: string): Promise<InstanceCapacity> {
  if (flags.calibration !== undefined) return readCalibration(resolve(cwd, flags.calibration));
  if (flags.capacity === undefined) {
    throw new LoadwrightError('USAGE', 'Nothing says what one instance holds.', {
      hint: 'Give it with --capacity 42/s, or name a calibration.json with --calibration.',
    });
  }
  const [low, high = low] = flags.capacity.split('..').map((text) => rateOf('--capacity', text));
  if (low! > high!) {
    throw new LoadwrightError(
      'USAGE',
      `--capacity: found "${flags.capacity}", expected the lower rate first.`,
      {
        hint: 'Use, for example, --capacity 40/s..44/s.',
      },
    );
  }
  return {
    requestsPerSecond: { low: low!, high: high! },
    ...(flags.serviceTime !== undefined && {
      serviceSeconds: secondsOf('--service-time', flags.serviceTime),
    }),
  };
}

export function readDemand(flags: DemandFlags): ScalingDemand {
  const peak = rateOf('--peak', flags.peak);
  const base = flags.base === undefined ? peak / 10 : rateOf('--base', flags.base, 0);
  if (base >= peak) {
    throw new LoadwrightError(
      'USAGE',
      `--base: found "${flags.base}", expected a rate below the peak, which is ${flags.peak}.`,
      { hint: 'It is the rate before the ramp. Leave it out for a tenth of the peak.' },
    );
  }
  return {
    peakPerSecond: peak,
    basePerSecond: flags.fromZero ? 0 : base,
    rampSeconds: secondsOf('--ramp', flags.ramp),
    // What the alarms take is known, where they are.
    detectionSeconds: 0,
    startSeconds: secondsOf('--start-time', flags.startTime),
    ...(flags.fromZero && { fromZero: true }),
  };
}

/** What is read of a calibration. */
const calibrationSchema = z.object({
  outcome: z.string().optional(),
  instances: z.object({ before: z.number() }).optional(),
  capacities: z
    .array(z.object({ interval: z.tuple([z.number(), z.number().nullable()]).optional() }))
    .default([]),
  levels: z
    .array(z.object({ throughput: z.number().nullish(), concurrency: z.number().nullish() }))
    .optional(),
});

/**
 * What a calibration found, of one instance: of several, which the service said to have, each has an equal part of it.
 *
 * @throws LoadwrightError `CONFIG_UNREADABLE` when it found no rate that holds, or is INVALID.
 */
export async function readCalibration(file: string): Promise<InstanceCapacity> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, whyUnreadable(file, error), error);
  });
  const { outcome, instances: counted, capacities, levels } = parsedCalibration(file, text);
  if (outcome === 'INVALID')
    throw unreadable(file, 'the calibration is INVALID, as its report says, and nothing may be built on it');
  const [capacity] = capacities;
  const [low = 0, high] = capacity?.interval ?? [];
  if (!(low > 0)) throw unreadable(file, 'it says of no rate that it holds');
  const instances = Math.max(1, counted?.before ?? 1);
  // The lowest level waits least: by Little's law its mean time is nearly the service time.
  const level = levels?.find(({ throughput }) => (throughput ?? 0) > 0);
  return {
    requestsPerSecond: { low: low / instances, high: (high ?? low) / instances },
    ...(typeof level?.concurrency === 'number' && { serviceSeconds: level.concurrency / level.throughput! }),
  };
}

function parsedCalibration(file: string, text: string): z.output<typeof calibrationSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, (error as Error).message, error);
  }
  const { data, error } = calibrationSchema.safeParse(json);
  if (data) return data;
  const [issue] = error.issues;
  throw unreadable(
    file,
    `it is no calibration: ${issue?.path.join('.') || 'the document'}: ${issue?.message}`,
    error,
  );
}

function unreadable(file: string, why: string, cause?: unknown): LoadwrightError {
  return new LoadwrightError('CONFIG_UNREADABLE', `--calibration: ${file} cannot be used: ${why}.`, {
    hint: 'Name the calibration.json of a calibration, or use --capacity.',
    cause,
  });
}

function rateOf(flag: string, text: string, least = Number.MIN_VALUE): number {
  const rate = parseRate(text);
  if (rate !== undefined && rate >= least && rate <= 10_000_000) return rate;
  throw new LoadwrightError('USAGE', `${flag}: found "${text}", expected a rate such as 3000/s or 30000/m.`, {
    hint: `Use requests in a second (s), minute (m) or hour (h), ${least > 0 ? 'more than none and ' : ''}at most 10,000,000/s.`,
  });
}

/** @param least In seconds. */
export function secondsOf(flag: string, text: string, least = Number.MIN_VALUE): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= least && seconds <= 7 * 86_400) return seconds;
  throw new LoadwrightError(
    'USAGE',
    `${flag}: found "${text}", expected a duration such as 80ms, 10m or 1h30m.`,
    {
      hint: `It must be ${least > 0 ? 'more than nothing, and ' : ''}at most a week.`,
    },
  );
}

/** US dollars an hour. */
export function priceOf(text: string): number {
  const price = Number(text.replace(/^\$/, ''));
  if (price > 0 && Number.isFinite(price)) return price;
  throw new LoadwrightError('USAGE', `--price: found "${text}", expected US dollars an hour, more than 0.`, {
    hint: 'Use, for example, --price 1.21.',
  });
}
