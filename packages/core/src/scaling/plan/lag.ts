import type { AlarmRule, ScalingAssumptions } from '../simulator/model.js';

/** How long a way of scaling takes, in seconds. */
export interface ScalingLag {
  /** From a load that is too high to the decision, at worst: the points of the alarm, one that had begun, and their publication. */
  readonly detectionSeconds: number;
  /** From the decision to an instance that serves. */
  readonly startSeconds: number;
  /** After a change, until the next one begins: the metric must have seen the new instances. */
  readonly cooldownSeconds: number;
}

/** The lag of an alarm under the assumptions. */
export function lagOf(alarm: AlarmRule, assumptions: ScalingAssumptions): ScalingLag {
  const isFast = alarm.periodSeconds < 60;
  const published = isFast ? assumptions.fastPublicationSeconds : assumptions.publicationSeconds;
  return {
    detectionSeconds: (alarm.of + 1) * alarm.periodSeconds + published,
    startSeconds: assumptions.startSeconds,
    cooldownSeconds: Math.max(60, alarm.periodSeconds + published),
  };
}
