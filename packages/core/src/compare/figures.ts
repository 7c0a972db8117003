import { LoadwrightError } from '../errors.js';
import { requestsOf } from '../judge/thresholds/evaluate.js';
import type { Aggregation, MeasuredStatistics } from '../judge/thresholds/metrics.js';
import { metricOf, parseThreshold, type DeclaredMetrics, type Threshold } from '../judge/thresholds/parse.js';
import type { RequestStatistics } from '../locust/statistics.js';

/** One number of a run: a metric, folded, of all requests or of one name. */
export type Figure = Pick<Threshold, 'metric' | 'declared' | 'requestName' | 'aggregation'> & {
  /** `http_req_duration p(95)` */
  readonly text: string;
  readonly unit: string;
  readonly scale: 'ratio' | 'difference';
  readonly worse?: 'higher' | 'lower';
};

/** A condition that fails a comparison. */
export interface Gate {
  readonly expression: string;
  readonly figure: Figure;
  readonly operator: '<' | '>';
  /** On the scale of the figure: 0.05 is 5 %, or 5 percentage points. */
  readonly limit: number;
}

const form = 'for example p(95)>+5%, "http_reqs rate<-5%" or "http_req_failed rate>+0.5pp"';
const gatePattern =
  /^(?:(?<key>.+?)\s+)?(?<aggregation>[a-z]+(?:\([^)]*\))?)\s*(?<operator>[<>])\s*(?<limit>[+-]?\d+(?:\.\d+)?)\s*(?<unit>%|pp)$/s;

/**
 * Reads the conditions of `--fail-if`.
 *
 * @throws LoadwrightError `THRESHOLD_INVALID`, naming all that is wrong at once.
 */
export function parseGates(expressions: readonly string[], declared: DeclaredMetrics): Gate[] {
  const parsed = expressions.map((expression) => parseGate(expression, declared));
  const problems = parsed.filter((gate) => typeof gate === 'string');
  if (problems.length > 0) {
    throw new LoadwrightError('THRESHOLD_INVALID', problems.join('\n'), {
      hint: `Write a metric (default: http_req_duration), what of it, and a difference to the baseline: ${form}.`,
    });
  }
  return parsed as Gate[];
}

function parseGate(expression: string, declared: DeclaredMetrics): Gate | string {
  const field = `failIf (--fail-if) "${expression}"`;
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
  return { expression, figure, operator: operator as Gate['operator'], limit };
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
  const { metric, declared, requestName, aggregation, key } = threshold;
  const unit = metricOf(threshold).unit(aggregation);
  const worse = worseDirection(metric, aggregation);
  return {
    metric,
    ...(declared && { declared }),
    ...(requestName !== undefined && { requestName }),
    aggregation,
    text: `${key} ${aggregation.name === 'p' ? `p(${aggregation.percentile})` : aggregation.name}`,
    unit,
    scale: unit === '' ? 'difference' : 'ratio',
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

/** The figure of these requests; null when there is nothing to measure. */
export function measureFigure(
  figure: Figure,
  statistics: MeasuredStatistics,
  seconds: number,
): number | null {
  const requests = requestsOf(figure, statistics);
  return requests ? measureRequests(figure, requests, seconds) : null;
}

/** The same of statistics that hold the figure's requests alone. */
export function measureRequests(figure: Figure, requests: RequestStatistics, seconds: number): number | null {
  return metricOf(figure).measure({ requests, seconds }, figure.aggregation)?.value ?? null;
}
