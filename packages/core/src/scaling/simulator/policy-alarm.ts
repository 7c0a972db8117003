import { alarmState, newestPoint, type AlarmState } from './alarms.js';
import { fastPeriod, type MetricStore } from './metrics.js';
import type { AlarmRule, ScalingAssumptions, ScalingMetric, ScalingPolicy, StepAlarm } from './model.js';

/** An alarm of a policy: what it looks at, and where it stands. */
export interface PolicyAlarm extends AlarmRule {
  readonly direction: 'out' | 'in' | 'step';
  readonly metric: ScalingMetric;
  readonly threshold: number;
  readonly comparison: StepAlarm['comparison'];
  readonly missing: StepAlarm['missing'];
  readonly publicationSeconds: number;
  state: AlarmState;
  /** The newest value that it has seen. */
  value: number | undefined;
  /** When it last asked its policy. */
  askedAt: number;
}

/** The alarms of a policy: those that target tracking makes by itself, or the one of step scaling. */
export function alarmsOf(policy: ScalingPolicy, assumptions: ScalingAssumptions): PolicyAlarm[] {
  const fresh = { state: 'INSUFFICIENT_DATA', value: undefined, askedAt: -Infinity } as const;
  const published = ({ periodSeconds }: AlarmRule) =>
    periodSeconds <= fastPeriod ? assumptions.fastPublicationSeconds : assumptions.publicationSeconds;
  if (policy.type === 'step') {
    const { alarm } = policy;
    return [{ ...alarm, ...fresh, direction: 'step', publicationSeconds: published(alarm) }];
  }
  const { metric, target, disableScaleIn } = policy;
  const out = metric === 'concurrency' ? assumptions.fastScaleOutAlarm : assumptions.scaleOutAlarm;
  const low = assumptions.scaleInAlarm;
  const common = { ...fresh, metric, missing: 'missing' } as const;
  const high: PolicyAlarm = {
    ...common,
    ...out,
    direction: 'out',
    threshold: target,
    comparison: 'above',
    publicationSeconds: published(out),
  };
  if (disableScaleIn) return [high];
  return [
    high,
    {
      ...common,
      ...low,
      direction: 'in',
      threshold: target * assumptions.scaleInShare,
      comparison: 'below',
      publicationSeconds: published(low),
    },
  ];
}

/** Looks at the newest points, of which those before `since` do not count: a policy that is put begins anew. */
export function evaluateAlarm(alarm: PolicyAlarm, at: number, since: number, metrics: MetricStore): void {
  const newest = newestPoint(at, alarm.periodSeconds, alarm.publicationSeconds);
  const points = Array.from({ length: alarm.of }, (_, step) => {
    const index = newest - alarm.of + 1 + step;
    if (index * alarm.periodSeconds < since) return undefined;
    return metrics.value(alarm.metric, alarm.periodSeconds, index);
  });
  const isFull = (newest - alarm.of + 1) * alarm.periodSeconds >= since;
  alarm.value = points.at(-1);
  if (!isFull && alarm.missing !== 'missing') return;
  alarm.state = alarmState(points, alarm, (value) => isBeyond(value, alarm), alarm.missing, alarm.state);
}

function isBeyond(value: number, { comparison, threshold }: PolicyAlarm): boolean {
  switch (comparison) {
    case 'above':
      return value > threshold;
    case 'at-least':
      return value >= threshold;
    case 'below':
      return value < threshold;
    case 'at-most':
      return value <= threshold;
  }
}
