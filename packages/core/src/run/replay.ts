import { LoadwrightError } from '../errors.js';
import { secondsOf } from '../values/duration.js';
import { formatNumber } from '../values/format.js';
import type { LoadPlan } from '../load/plan.js';
import type { LoadProfile } from '../load/profile.js';
import { readSchedule, type PayloadOptions } from '../payloads/write.js';
import type { TraceSchedule, TraceSummary } from '../payloads/trace/schedule.js';
import type { PreparedTest } from './prepare.js';

/**
 * Refuses a load that its payloads cannot give.
 *
 * @returns what should be known of the trace, one line each.
 * @throws LoadwrightError `CONFIG_INVALID`
 */
export function checkTrace(load: LoadProfile, schedule: TraceSchedule | undefined): string[] {
  if (load.profile !== 'replay') return [];
  if (!schedule) {
    throw new LoadwrightError('CONFIG_INVALID', 'load.profile: replay needs payloads that are a trace', {
      hint: 'Write payloads: { trace: "capture/**/*.jsonl", format: "sagemaker-capture" }, or choose another profile.',
    });
  }
  const seconds = secondsOf(load.duration);
  const whole = schedule.wholeDuration(load.speed);
  if (seconds > secondsOf(whole)) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `load.duration: found ${load.duration}, and the trace is over after ${whole} at speed ${load.speed}`,
      { hint: `Write duration: "${whole}" for all of it, or less.` },
    );
  }
  const { requests, recorded } = schedule.summary(load.speed, seconds);
  const notes = schedule.isSpread
    ? ['The trace has times of whole seconds: requests of the same second are spread over it.']
    : [];
  if (requests === recorded) return notes;
  return [
    ...notes,
    `The first ${formatNumber(requests)} of ${formatNumber(recorded)} requests of the trace are due within ` +
      `${load.duration}; all of them take ${whole} at speed ${load.speed}.`,
  ];
}

/** A plan with the rates of the trace that it sends. */
export function withTrace(plan: LoadPlan, schedule: TraceSchedule | undefined): LoadPlan {
  const { arrivals, durationSeconds } = plan;
  if (arrivals?.kind !== 'trace' || !schedule) return plan;
  return {
    ...plan,
    arrivals: { ...arrivals, stages: schedule.stages(arrivals.speed ?? 1, durationSeconds) },
  };
}

/** A load as workers are to have it, who read the trace themselves. */
export function withoutTrace<Load extends Pick<LoadPlan, 'arrivals'>>(load: Load): Load {
  const { arrivals } = load;
  return arrivals?.kind === 'trace' ? { ...load, arrivals: { ...arrivals, stages: [] } } : load;
}

/**
 * What a test makes of the trace that its payloads are; undefined when they are none.
 *
 * @throws LoadwrightError `PAYLOADS_INVALID`; `CONFIG_INVALID` when the load does not fit it
 */
export async function summarizeTrace(
  { definition, targetOptions, load, durationSeconds }: PreparedTest,
  options: PayloadOptions,
): Promise<TraceSummary | undefined> {
  const payloads = definition.payloads?.(targetOptions);
  const schedule = payloads === undefined ? undefined : await readSchedule(payloads, options);
  checkTrace(load, schedule);
  if (!schedule) return undefined;
  return load.profile === 'replay' ? schedule.summary(load.speed, durationSeconds) : schedule.summary(1);
}
