import { LoadwrightError } from '../../errors.js';
import { secondsOf } from '../../values/duration.js';
import type { MetricDefinition } from '../../locust/statistics.js';
import type { AbortingThreshold, ThresholdsInput } from './input.js';
import { metrics, targetMetric, type Aggregation, type Metric } from './metrics.js';

/** What a target measures beside the built-in metrics, by name. */
export type DeclaredMetrics = Readonly<Record<string, MetricDefinition>>;

/** One condition that a run must hold. */
export interface Threshold {
  /** As written: `http_req_duration{name:predict}`. */
  readonly key: string;
  /** As written: `p(95)<200`. */
  readonly expression: string;
  readonly metric: string;
  /** What the metric is; absent for a built-in one. */
  readonly declared?: MetricDefinition;
  /** It is one of several whose names the load alone knows: what is absent was not measured, and is not 0. */
  readonly isOfFamily?: boolean;
  /** True when nobody wrote it. */
  readonly isDefault?: true;
  /** The request name that it looks at. Absent: all requests. */
  readonly requestName?: string;
  readonly aggregation: Aggregation;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  readonly limit: number;
  /** Absent: it is judged when the load is over, and stops nothing. */
  readonly abort?: { readonly delaySeconds: number };
}

/** The value of a tag may have braces itself: `http_req_duration{name:/items/{id}}`. */
const keyPattern = /^(?<metric>[^{}\s]+?)\s*(?:\{\s*(?<tag>[^:{}]+?)\s*:\s*(?<value>.+?)\s*\})?$/s;
const expressionPattern =
  /^(?<aggregation>avg|min|max|med|count|rate|p\(\s*(?<percentile>\d+(?:\.\d+)?)\s*\))\s*(?<operator><=|>=|===?|!=|<|>)\s*(?<limit>-?\d+(?:\.\d+)?)$/;
const form = 'an expression such as p(95)<200, avg<=80, rate<0.01 or count>1000; times in milliseconds';

/**
 * What applies unless a threshold on it is written: a service that fails is never as fast as it should be by accident.
 * An empty list switches it off.
 */
export const defaultThresholds: ThresholdsInput = {
  http_req_failed: ['rate<0.01'],
};

/** The metric that a threshold looks at. */
export function metricOf({
  metric,
  declared,
  isOfFamily = false,
}: Pick<Threshold, 'metric' | 'declared' | 'isOfFamily'>): Metric {
  return declared ? targetMetric(metric, declared, isOfFamily) : metrics[metric]!;
}

/** Names of metrics, as the load has them. */
const namePattern = /^[a-z][a-z0-9_]{0,62}$/;

/** The declared name that ends in `*` and stands for this one. */
function familyOf(name: string, declared: DeclaredMetrics): string | undefined {
  return Object.keys(declared).find(
    (known) => known.endsWith('*') && name.length >= known.length && name.startsWith(known.slice(0, -1)),
  );
}

/**
 * Reads thresholds in k6's form, and adds those that apply by default.
 *
 * @param declared What the target measures beside the built-in metrics.
 * @throws LoadwrightError `THRESHOLD_INVALID`, naming all that is wrong at once.
 */
export function parseThresholds(thresholds: ThresholdsInput, declared: DeclaredMetrics = {}): Threshold[] {
  const written = parseWritten(thresholds, declared);
  const keys = new Set(Object.keys(thresholds).map((key) => key.trim()));
  const missing = Object.entries(defaultThresholds).filter(([key]) => !keys.has(key));
  const added = parseWritten(Object.fromEntries(missing), {});
  return [...written, ...added.map((threshold) => ({ ...threshold, isDefault: true as const }))];
}

function parseWritten(thresholds: ThresholdsInput, declared: DeclaredMetrics): Threshold[] {
  const parsed: Threshold[] = [];
  const problems: string[] = [];
  for (const [key, expressions] of Object.entries(thresholds)) {
    for (const written of expressions) {
      const expression = typeof written === 'string' ? written : written.threshold;
      const parsedOne = parseThreshold(key, expression, declared);
      const result = typeof parsedOne === 'string' ? parsedOne : withAbort(parsedOne, written);
      if (typeof result === 'string') problems.push(result);
      else parsed.push(result);
    }
  }
  if (problems.length > 0) {
    throw new LoadwrightError('THRESHOLD_INVALID', [...new Set(problems)].join('\n'), {
      hint: `Write thresholds as { "http_req_duration": ["p(95)<200"] }. Metrics: ${namesOf(declared).join(', ')}.`,
    });
  }
  return parsed;
}

/** What a count says of a load before its end: that it has not come so far yet. */
const onlyAtTheEnd: ReadonlySet<Threshold['operator']> = new Set(['>', '>=', '==', '!=']);

/** The threshold with when it stops the load; or why it cannot do that. */
function withAbort(threshold: Threshold, written: string | AbortingThreshold): Threshold | string {
  if (typeof written === 'string') return threshold;
  const { abortOnFail = false, delayAbortEval } = written;
  const { key, expression, aggregation, operator } = threshold;
  if (!abortOnFail) {
    if (delayAbortEval === undefined) return threshold;
    return `thresholds["${key}"]: ${expression} has delayAbortEval, and stops nothing without abortOnFail: true`;
  }
  if (aggregation.name === 'count' && onlyAtTheEnd.has(operator)) {
    return `thresholds["${key}"]: ${expression} cannot have abortOnFail: a count begins at 0, so it would stop every load`;
  }
  return { ...threshold, abort: { delaySeconds: Math.max(1, secondsOf(delayAbortEval ?? '')) } };
}

const namesOf = (declared: DeclaredMetrics) => [...Object.keys(metrics), ...Object.keys(declared)];

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

/**
 * Refuses thresholds on requests that the load does not make.
 *
 * @param names Of all requests; undefined: not known before the load.
 * @throws LoadwrightError `THRESHOLD_INVALID`
 */
export function requireRequestNames(
  thresholds: readonly Threshold[],
  names: readonly string[] | undefined,
): void {
  const problems = thresholds.flatMap(
    (threshold) => requestNameProblem(threshold, names, `thresholds["${threshold.key}"]`) ?? [],
  );
  if (problems.length === 0) return;
  throw new LoadwrightError('THRESHOLD_INVALID', [...new Set(problems)].join('\n'), {
    hint: 'Write the name as the target has it: requestName, or the name of a route or step.',
  });
}

/** Why a load cannot measure what is asked of one request name; undefined: it can, as far as is known. */
export function requestNameProblem(
  { requestName }: Pick<Threshold, 'requestName'>,
  names: readonly string[] | undefined,
  field: string,
): string | undefined {
  if (requestName === undefined || !names || names.includes(requestName)) return undefined;
  const expected = names.map((name) => `"${name}"`).join(', ');
  return `${field}: no request of this load has that name, expected one of ${expected}`;
}

/**
 * Reads one threshold.
 *
 * @param field Its name in the message.
 * @returns the threshold, or what is wrong with it.
 */
export function parseThreshold(
  key: string,
  expression: string,
  declared: DeclaredMetrics,
  field = `thresholds["${key}"]`,
): Threshold | string {
  const { metric: metricName = '', tag, value } = keyPattern.exec(key.trim())?.groups ?? {};
  const isBuiltIn = Object.hasOwn(metrics, metricName);
  const isExact = !isBuiltIn && Object.hasOwn(declared, metricName) && !metricName.endsWith('*');
  const family = isBuiltIn || isExact ? undefined : familyOf(metricName, declared);
  const definition = isBuiltIn ? undefined : declared[isExact ? metricName : (family ?? '')];
  if (family !== undefined && !namePattern.test(metricName)) {
    const written = metricName
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/_+$/g, '');
    const like = metricName.endsWith('*')
      ? `one of them, such as ${family.slice(0, -1)}10_0_0_1_4000`
      : written;
    return `${field}: found "${metricName}", expected a name of lower-case letters, digits and _: ${like}`;
  }
  if (!isBuiltIn && !definition) {
    return `${field}: unknown metric "${metricName || key}", expected one of ${namesOf(declared).join(', ')}`;
  }
  const known = {
    metric: metricName,
    ...(definition && { declared: definition }),
    ...(family !== undefined && { isOfFamily: true }),
  };
  const metric = metricOf(known);
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
    ...known,
    ...(value !== undefined && { requestName: value }),
    aggregation,
    operator: (groups['operator'] === '===' ? '==' : groups['operator']) as Threshold['operator'],
    limit: Number(groups['limit']),
  };
}
