import { LoadwrightError } from '../errors.js';
import { metrics, type Aggregation } from './metrics.js';

/** One condition that a run must hold. */
export interface Threshold {
  /** As written: `http_req_duration{name:predict}`. */
  readonly key: string;
  /** As written: `p(95)<200`. */
  readonly expression: string;
  readonly metric: string;
  /** The request name that it looks at. Absent: all requests. */
  readonly requestName?: string;
  readonly aggregation: Aggregation;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  readonly limit: number;
}

const keyPattern = /^(?<metric>[^{}\s]+?)\s*(?:\{\s*(?<tag>[^:{}]+?)\s*:\s*(?<value>[^{}]+?)\s*\})?$/;
const expressionPattern =
  /^(?<aggregation>avg|min|max|med|count|rate|p\(\s*(?<percentile>\d+(?:\.\d+)?)\s*\))\s*(?<operator><=|>=|===?|!=|<|>)\s*(?<limit>-?\d+(?:\.\d+)?)$/;
const form = 'an expression such as p(95)<200, avg<=80, rate<0.01 or count>1000; times in milliseconds';

/**
 * Reads thresholds in k6's form.
 *
 * @throws LoadwrightError `THRESHOLD_INVALID`, naming all that is wrong at once.
 */
export function parseThresholds(thresholds: Readonly<Record<string, readonly string[]>>): Threshold[] {
  const parsed: Threshold[] = [];
  const problems: string[] = [];
  for (const [key, expressions] of Object.entries(thresholds)) {
    for (const expression of expressions) {
      const result = parseThreshold(key, expression);
      if (typeof result === 'string') problems.push(result);
      else parsed.push(result);
    }
  }
  if (problems.length > 0) {
    throw new LoadwrightError('THRESHOLD_INVALID', [...new Set(problems)].join('\n'), {
      hint: `Write thresholds as { "http_req_duration": ["p(95)<200"] }. Metrics: ${Object.keys(metrics).join(', ')}.`,
    });
  }
  return parsed;
}

/**
 * Refuses thresholds that a load can never measure.
 *
 * @throws LoadwrightError `THRESHOLD_INVALID`
 */
export function requireMeasurable(thresholds: readonly Threshold[], isOpenModel: boolean): void {
  const foreign = thresholds.filter(({ metric }) => !isOpenModel && metrics[metric]?.openModelOnly);
  if (foreign.length === 0) return;
  const keys = [...new Set(foreign.map(({ key }) => `thresholds["${key}"]`))];
  throw new LoadwrightError(
    'THRESHOLD_INVALID',
    `${keys.join(', ')}: there is nothing to measure, because users that wait for their answers are never late`,
    {
      hint: 'Use http_req_duration, or give the load an arrival rate: load.arrivalRate (--arrival-rate 500/s).',
    },
  );
}

/** @returns the threshold, or what is wrong with it. */
function parseThreshold(key: string, expression: string): Threshold | string {
  const field = `thresholds["${key}"]`;
  const { metric: metricName = '', tag, value } = keyPattern.exec(key.trim())?.groups ?? {};
  const metric = Object.hasOwn(metrics, metricName) ? metrics[metricName] : undefined;
  if (!metric) {
    return `${field}: unknown metric "${metricName || key}", expected one of ${Object.keys(metrics).join(', ')}`;
  }
  if (tag !== undefined && tag !== 'name') {
    return `${field}: unknown tag "${tag}", expected name: the request name, as in ${metricName}{name:predict}`;
  }
  if (value !== undefined && !metric.byName) {
    return `${field}: found a request name, expected ${metricName} alone: it is known of all requests together only`;
  }
  const groups = expressionPattern.exec(expression.trim())?.groups;
  if (!groups) return `${field}: found "${expression}", expected ${form}`;
  const aggregation: Aggregation =
    groups['percentile'] === undefined
      ? { name: groups['aggregation'] as Aggregation['name'] }
      : { name: 'p', percentile: Number(groups['percentile']) };
  if (!metric.aggregations.includes(aggregation.name)) {
    const allowed = metric.aggregations.map((name) => (name === 'p' ? 'p(N)' : name)).join(', ');
    return `${field}: found "${groups['aggregation']}", expected one of ${allowed} for ${metricName}`;
  }
  if (aggregation.percentile !== undefined && (aggregation.percentile <= 0 || aggregation.percentile > 100)) {
    return `${field}: found p(${aggregation.percentile}), expected a percentile above 0 and up to 100`;
  }
  return {
    key,
    expression,
    metric: metricName,
    ...(value !== undefined && { requestName: value }),
    aggregation,
    operator: (groups['operator'] === '===' ? '==' : groups['operator']) as Threshold['operator'],
    limit: Number(groups['limit']),
  };
}
