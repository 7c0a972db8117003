import type { AlarmRule, StepAlarm } from './model.js';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/**
 * The state of an alarm after its newest points: `ALARM` when so many of them are beyond the threshold. Points that are missing
 * count as CloudWatch's TreatMissingData says; with `missing`, an alarm without any point is INSUFFICIENT_DATA.
 *
 * @param points the last `of` points, oldest first.
 */
export function alarmState(
  points: readonly (number | undefined)[],
  rule: Pick<AlarmRule, 'datapoints'>,
  isBeyond: (value: number) => boolean,
  missing: StepAlarm['missing'],
  before: AlarmState,
): AlarmState {
  const known = points.filter((point) => point !== undefined);
  const filled = points.length - known.length;
  if (missing === 'ignore' && known.length === 0) return before;
  if (missing === 'missing' && known.length === 0) return 'INSUFFICIENT_DATA';
  const beyond = known.filter(isBeyond).length + (missing === 'breaching' ? filled : 0);
  if (beyond >= rule.datapoints) return 'ALARM';
  const within = known.length - known.filter(isBeyond).length + (missing === 'not-breaching' ? filled : 0);
  // As many points as the alarm needs could still be beyond the threshold: nothing is known.
  return within > points.length - rule.datapoints ? 'OK' : before;
}

/** Index of the newest point that is complete and published. */
export function newestPoint(at: number, periodSeconds: number, publicationSeconds: number): number {
  return Math.floor((at - publicationSeconds) / periodSeconds + 1e-9) - 1;
}
