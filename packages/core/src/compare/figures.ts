import { LoadwrightError } from '../errors.js';
import { requestsOf } from '../judge/thresholds/evaluate.js';
import {
  fold,
  type Aggregation,
  type Measured,
  type MeasuredStatistics,
} from '../judge/thresholds/metrics.js';
import { metricOf, parseThreshold, type DeclaredMetrics, type Threshold } from '../judge/thresholds/parse.js';
import { endedRequests } from '../locust/outcomes.js';
import type { RequestStatistics, TrendStatistics } from '../locust/statistics.js';
import { codeLabel, hasNoAnswer } from '../report/codes.js';
import { shareUnit } from '../values/format.js';
import type { CompareOptions, GateKind } from './contract.js';

/** One number of a run: a metric, folded, of all requests or of one name; or the share of a status code. */
export interface Figure {
  /** `http_req_duration p(95)` */
  readonly text: string;
  readonly unit: string;
  readonly scale: 'ratio' | 'difference';
  readonly worse?: 'higher' | 'lower';
  /** Absent: it is of all requests. */
  readonly requestName?: string;
  /** Figures of one group are of the same requests, and come from the same resamples. */
  readonly group: string;
  /** Null when there is nothing to measure. */
  measure(measured: Measured): number | null;
  /** Of a figure of many values: where they are, and how they become one. */
  readonly trend?: {
    of(requests: RequestStatistics): TrendStatistics | undefined;
    fold(values: TrendStatistics): number | null;
  };
}

/** A condition on a difference. */
export interface Gate {
  readonly kind: GateKind;
  readonly expression: string;
  readonly figure: Figure;
  readonly operator: '<' | '>';
  /** On the scale of the figure: 0.05 is 5 %, or 5 percentage points. */
  readonly limit: number;
}

const form = 'for example p(95)>+5%, "http_reqs rate<-5%" or "http_req_failed rate>+0.5pp"';
const gatePattern =
  /^(?:(?<key>.+?)\s+)?(?<aggregation>[a-z]+(?:\([^)]*\))?)\s*(?<operator>[<>])\s*(?<limit>[+-]?\d+(?:\.\d+)?)\s*(?<unit>%|pp)$/s;

const flags = { failIf: '--fail-if', require: '--require' } as const;

/**
 * Reads the conditions of `--fail-if` and `--require`.
 *
 * @throws LoadwrightError `THRESHOLD_INVALID`, naming all that is wrong at once.
 */
export function parseGates(
  { failIf = [], require = [] }: Pick<CompareOptions, GateKind>,
  declared: DeclaredMetrics,
): Gate[] {
  const parsed = [
    ...failIf.map((expression) => parseGate('failIf', expression, declared)),
    ...require.map((expression) => parseGate('require', expression, declared)),
  ];
  const problems = parsed.filter((gate) => typeof gate === 'string');
  if (problems.length > 0) {
    throw new LoadwrightError('THRESHOLD_INVALID', problems.join('\n'), {
      hint: `Write a metric (default: http_req_duration), what of it, and a difference to the baseline: ${form}.`,
    });
  }
  return parsed as Gate[];
}

function parseGate(kind: GateKind, expression: string, declared: DeclaredMetrics): Gate | string {
  const field = `${kind} (${flags[kind]}) "${expression}"`;
  const groups = gatePattern.exec(expression.trim())?.groups;
  if (!groups) return `${field}: expected a difference in % or pp, ${form}`;
  const { key = 'http_req_duration', operator, unit } = groups;
  const figure = parseFigure(key, groups['aggregation']!, declared, field);
  if (typeof figure === 'string') return figure;
  const limit = Number(groups['limit']) / 100;
  if ((figure.scale === 'difference') !== (unit === 'pp')) {
    return figure.scale === 'difference'
      ? `${field}: found %, expected percentage points, because ${figure.text} is a share itself: rate>+0.5pp`
      : `${field}: found pp, expected %, because ${figure.text} is no share`;
  }
  return { kind, expression, figure, operator: operator as Gate['operator'], limit };
}

function parseFigure(
  key: string,
  aggregation: string,
  declared: DeclaredMetrics,
  field: string,
): Figure | string {
  const threshold = parseThreshold(key, `${aggregation}>0`, declared, field);
  return typeof threshold === 'string' ? threshold : figureOf(threshold);
}

function figureOf(threshold: Threshold): Figure {
  const { metric, requestName, aggregation, key } = threshold;
  const ofMetric = metricOf(threshold);
  const unit = ofMetric.unit(aggregation);
  const worse = worseDirection(metric, aggregation);
  const { trend } = ofMetric;
  return {
    ...(requestName !== undefined && { requestName }),
    group: JSON.stringify([metric, requestName]),
    measure: (measured) => ofMetric.measure(measured, aggregation)?.value ?? null,
    ...(trend && { trend: { of: trend, fold: (values: TrendStatistics) => fold(values, aggregation) } }),
    text: `${key} ${aggregation.name === 'p' ? `p(${aggregation.percentile})` : aggregation.name}`,
    unit,
    scale: unit === shareUnit ? 'difference' : 'ratio',
    ...(worse && { worse }),
  };
}

/** Known of the built-in metrics; whether more tokens are better is for the reader to say. */
function worseDirection(metric: string, { name }: Aggregation): Figure['worse'] {
  if (metric === 'http_reqs') return 'lower';
  if (metric === 'http_req_failed' || metric === 'dropped_iterations') return 'higher';
  return metric.startsWith('http_req_') && name !== 'count' ? 'higher' : undefined;
}

/** What is compared unless somebody asks for something else. */
export function standardFigures(
  declared: DeclaredMetrics,
  requestNames: readonly string[],
  isOpenModel: boolean,
): Figure[] {
  const keys: [key: string, aggregations: string[]][] = [
    ['http_req_duration', ['avg', 'med', 'p(90)', 'p(95)', 'p(99)']],
    ['http_req_failed', ['rate']],
    // With an arrival rate the load decides it, not the service.
    ...(isOpenModel ? [] : [['http_reqs', ['rate']] as [string, string[]]]),
    ...Object.entries(declared).map(([name, { kind }]): [string, string[]] => [
      name,
      kind === 'trend' ? ['med', 'p(95)'] : ['rate'],
    ]),
    ...(requestNames.length > 1
      ? requestNames.map((name): [string, string[]] => [`http_req_duration{name:${name}}`, ['p(95)']])
      : []),
  ];
  return keys
    .flatMap(([key, aggregations]) => aggregations.map((text) => parseFigure(key, text, declared, key)))
    .filter((figure) => typeof figure !== 'string');
}

/**
 * The share of each status code, or kind of failure without an answer, of the requests that ended. Which codes are as they should
 * be is the configuration's affair, so of them nobody knows here what is worse.
 */
export function codeFigures(codes: readonly string[]): Figure[] {
  return codes.map((code) => ({
    text: codeLabel(code),
    unit: shareUnit,
    scale: 'difference',
    ...(hasNoAnswer(code) && { worse: 'higher' as const }),
    group: 'status codes',
    measure: ({ requests }) => {
      const ended = endedRequests(requests);
      return requests.codes && ended > 0 ? (requests.codes[code] ?? 0) / ended : null;
    },
  }));
}

/** The figure of these requests; null when there is nothing to measure. */
export function measureFigure(
  figure: Figure,
  statistics: MeasuredStatistics,
  seconds: number,
): number | null {
  const requests = requestsOf(figure, statistics);
  return requests ? figure.measure({ requests, seconds }) : null;
}
