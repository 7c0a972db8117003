import { LoadwrightError } from '../errors.js';
import type { Histogram } from '../locust/histogram.js';
import type { RequestStatistics } from '../locust/statistics.js';
import { requestsOf } from '../judge/thresholds/evaluate.js';
import type { MeasuredStatistics } from '../judge/thresholds/metrics.js';
import {
  metricOf,
  parseThreshold,
  requestNameProblem,
  type DeclaredMetrics,
  type Threshold,
} from '../judge/thresholds/parse.js';
import { shareUnit } from '../values/format.js';
import type { Condition, Tally, Tier } from './contract.js';

/** A condition that can count what a real service answered. */
export interface MeasuredCondition extends Condition {
  /** What it counts of the requests that were due in one second. */
  tally(statistics: MeasuredStatistics): Tally;
}

/** A tier of conditions, each with what was measured. */
export interface MeasuredTier extends Tier {
  readonly conditions: readonly MeasuredCondition[];
}

/** Conditions that hold together, as people write them. */
export interface TierInput {
  /** Default: the conditions as written. */
  readonly name?: string;
  /**
   * Thresholds: `p(95)<200`, `rate<0.01`, `http_req_service: p(99)<300`, `http_req_duration{name:predict} p(95)<200`. Without a
   * metric a rate is that of failed requests, and all else of response times.
   */
  readonly conditions: readonly string[];
}

const metricPattern =
  /^(?<metric>[a-z_][\w.]*(?:\{.*\})?)\s*[:\s]\s*(?<expression>(?:avg|min|max|med|count|rate|p\().*)$/is;
const hint =
  "Use p(N), med, avg or rate with < or >, such as 'p(95)<200', 'rate<0.01' or 'http_req_service: avg<80'. Times are in milliseconds.";

/**
 * Reads what a calibration is to hold.
 *
 * @param declared What the target measures beside the built-in metrics.
 * @param names Of all requests; undefined: not known before the load.
 * @throws LoadwrightError `THRESHOLD_INVALID`, naming all that is wrong at once.
 */
export function parseTiers(
  tiers: readonly TierInput[],
  declared: DeclaredMetrics = {},
  names?: readonly string[],
): MeasuredTier[] {
  const problems: string[] = [];
  const parsed = tiers.map(({ name, conditions }): MeasuredTier => {
    if (conditions.length === 0) problems.push('objective: found no condition, expected at least one');
    return {
      name: name ?? conditions.join(', '),
      conditions: conditions.flatMap((text) => {
        const condition = parseCondition(text, declared, names);
        if (typeof condition !== 'string') return [condition];
        problems.push(condition);
        return [];
      }),
    };
  });
  if (tiers.length === 0) problems.push('objective: found none, expected at least one');
  if (problems.length > 0) throw new LoadwrightError('THRESHOLD_INVALID', problems.join('\n'), { hint });
  return parsed;
}

function parseCondition(
  text: string,
  declared: DeclaredMetrics,
  names: readonly string[] | undefined,
): MeasuredCondition | string {
  const { metric, expression = text } = metricPattern.exec(text.trim())?.groups ?? {};
  const isRate = expression.trim().startsWith('rate');
  const key = metric ?? (isRate ? 'http_req_failed' : 'http_req_duration');
  const field = `objective "${text}"`;
  const threshold = parseThreshold(key, expression, declared, field);
  if (typeof threshold === 'string') return threshold;
  const problem = requestNameProblem(threshold, names, field);
  if (problem !== undefined) return problem;
  const { aggregation, operator } = threshold;
  if (operator === '==' || operator === '!=') return `${field}: found ${operator}, expected <, <=, > or >=`;
  if (['min', 'max', 'count'].includes(aggregation.name) || aggregation.percentile === 100)
    return `${field}: found ${aggregation.name}, expected a percentile below 100, med, avg or rate: one request alone decides ${aggregation.name === 'p' ? 'p(100)' : aggregation.name}`;
  return conditionOf(`${key} ${expression.trim()}`, threshold);
}

function conditionOf(text: string, threshold: Threshold): MeasuredCondition {
  const { aggregation, limit, operator } = threshold;
  const metric = metricOf(threshold);
  const unit = metric.unit(aggregation);
  const kind = /^(http_req_failed|dropped_iterations)/.test(threshold.metric)
    ? 'errors'
    : unit === 'ms'
      ? 'latency'
      : 'other';
  const holds = operator.startsWith('<') ? 'below' : 'above';
  const rank = aggregation.name === 'med' ? 50 : aggregation.percentile;
  const isOf = (tally: (requests: RequestStatistics) => Tally) => (statistics: MeasuredStatistics) => {
    const requests = requestsOf(threshold, statistics);
    return requests ? tally(requests) : { sum: 0, weight: 0 };
  };
  if (rank !== undefined) {
    const share = holds === 'below' ? 1 - rank / 100 : rank / 100;
    const breaks: Record<string, (value: number) => boolean> = {
      '<': (value) => value >= limit,
      '<=': (value) => value > limit,
      '>': (value) => value <= limit,
      '>=': (value) => value < limit,
    };
    return {
      ...{ text, limit: share, holds: 'below', kind, isShare: true },
      tally: isOf((requests) => countOf(metric.trend?.(requests)?.histogram ?? [], breaks[operator]!)),
    };
  }
  if (aggregation.name === 'avg')
    return {
      ...{ text, limit, holds, kind, isShare: false },
      tally: isOf((requests) => {
        const { sum = 0, count = 0 } = metric.trend?.(requests) ?? {};
        return { sum, weight: count };
      }),
    };
  return {
    ...{ text, limit, holds, kind, isShare: unit === shareUnit },
    tally: isOf((requests) => {
      const measured = metric.measure({ requests, seconds: 1 }, aggregation);
      if (!measured) return { sum: 0, weight: 0 };
      // A share is of requests, a counter's rate of seconds.
      const weight = unit === shareUnit ? (measured.over ?? 0) : 1;
      return { sum: measured.value * weight, weight };
    }),
  };
}

function countOf(histogram: Histogram, breaks: (value: number) => boolean): Tally {
  let [sum, weight] = [0, 0];
  for (const [value, count] of histogram) {
    weight += count;
    if (breaks(value)) sum += count;
  }
  return { sum, weight };
}
