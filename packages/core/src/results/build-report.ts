import { percentileOf } from '../locust/trend.js';
import { endedRequests } from '../locust/outcomes.js';
import type {
  MasterStatistics,
  MetricDefinition,
  RequestStatistics,
  TrendStatistics,
} from '../locust/statistics.js';
import { errorHint } from '../report/error-hints.js';
import type {
  ArrivalSummary,
  ErrorSummary,
  Latencies,
  MetricSummary,
  RequestSummary,
  RunReport,
  Spread,
} from './summary.js';
import { isBuiltIn } from '../measure/built-in-metrics.js';
import { loadwrightVersion } from '../version.js';
import type { JudgedLoad } from '../judge/judged-load.js';

const nothing: RequestStatistics = {
  method: '',
  name: 'Aggregated',
  due: 0,
  sent: 0,
  succeeded: 0,
  failed: 0,
  dropped: 0,
  bytes: 0,
  trends: {},
  counters: {},
  rates: {},
};

type Figures = Pick<
  RunReport,
  | 'total'
  | 'requests'
  | 'metrics'
  | 'accounting'
  | 'errors'
  | 'failureSamples'
  | 'exceptions'
  | 'events'
  | 'stalls'
  | 'counters'
  | 'arrivals'
  | 'generator'
  | 'series'
  | 'distribution'
  | 'serviceDistribution'
  | 'loadSeconds'
  | 'warmUpSeconds'
>;

/** The figures of a report: what the statistics and the samples of a run come down to. */
export function figuresOf(judged: JudgedLoad, isOpenModel: boolean): Figures {
  const { statistics, window, books, stalls } = judged;
  const seconds = window.to - window.from;
  const total = statistics?.total ?? nothing;
  const metrics = shownMetrics(statistics?.metrics ?? {});
  const { http_req_service: service, http_req_response: response } = total.trends;
  const counters = Object.entries(total.counters).filter(([name]) => !isBuiltIn(name) && !(name in metrics));
  return {
    loadSeconds: window.to,
    ...(window.from > 0 && { warmUpSeconds: window.from }),
    total: summarise(total, seconds, metrics),
    requests: (statistics?.requests ?? []).map((request) => summarise(request, seconds, metrics)),
    metrics,
    ...(books && { accounting: books.accounting }),
    errors: (statistics?.errors ?? []).map(summariseError),
    failureSamples: statistics?.failureSamples ?? [],
    exceptions: statistics?.exceptions ?? [],
    events: statistics?.events ?? [],
    stalls,
    ...(counters.length > 0 && { counters: Object.fromEntries(counters) }),
    ...(statistics && isOpenModel && { arrivals: summariseArrivals(judged, total) }),
    ...(statistics && summariseGenerator(total)),
    series: judged.series,
    ...(judged.byName.length > 0 && { requestSeries: judged.byName }),
    distribution: (response ?? service)?.histogram ?? [],
    ...(response && { serviceDistribution: service?.histogram ?? [] }),
  };
}

/** What is shown by its name: what the target measures, and the first byte, which has no other place. */
function shownMetrics(metrics: MasterStatistics['metrics']): Record<string, MetricDefinition> {
  const shown = ([name]: [string, unknown]) => !isBuiltIn(name) || name === 'http_req_first_byte';
  return Object.fromEntries(Object.entries(metrics).filter(shown));
}

function summariseArrivals({ samples }: JudgedLoad, total: RequestStatistics): ArrivalSummary {
  return {
    offered: total.due,
    late: total.counters['late'] ?? 0,
    dropped: total.dropped,
    mostInFlight: samples.reduce((most, { inFlight }) => Math.max(most, inFlight ?? 0), 0),
  };
}

function summariseGenerator({ trends, counters }: RequestStatistics): Pick<RunReport, 'generator'> {
  const of = (name: string, key: string) => {
    const spread = spreadOf(trends[name]);
    return spread && { [key]: spread };
  };
  return {
    generator: {
      ...of('loop_lag', 'lag'),
      phases: {
        ...of('http_req_connecting', 'connect'),
        ...of('http_req_tls_handshaking', 'tls'),
        ...of('http_req_blocked', 'wait'),
      },
      retriedIdle: counters['retried_idle'] ?? 0,
    },
  };
}

function spreadOf(trend: TrendStatistics | undefined): Spread | undefined {
  if (!trend || trend.count === 0) return undefined;
  const at = (fraction: number) => percentileOf(trend, fraction) ?? 0;
  return { count: trend.count, median: at(0.5), p95: at(0.95), p99: at(0.99), maximum: trend.maximum };
}

/** Versions of everything that took part. */
export function versionsOf(statistics: MasterStatistics | undefined): Record<string, string> {
  return {
    loadwright: loadwrightVersion,
    node: process.versions.node,
    ...(statistics && { locust: statistics.locustVersion, python: statistics.pythonVersion }),
  };
}

function summarise(
  request: RequestStatistics,
  seconds: number,
  metrics: Readonly<Record<string, MetricDefinition>>,
): RequestSummary {
  const { method, name, due, sent, succeeded, failed, dropped, trends } = request;
  const count = endedRequests(request);
  const service = latenciesOf(trends['http_req_service']);
  const response = trends['http_req_response'];
  return {
    ...{ method, name, due, sent, succeeded, failed, dropped, count },
    failureRate: count > 0 ? failed / count : 0,
    requestsPerSecond: perSecond(count, seconds),
    retried: request.counters['retried_idle'] ?? 0,
    ...(response ? { ...latenciesOf(response), service } : service),
    averageBytes: count > 0 ? request.bytes / count : 0,
    ...(request.codes && { codes: request.codes }),
    metrics: Object.fromEntries(
      Object.entries(metrics).flatMap(([metric, definition]) => {
        const summary = summariseMetric(metric, definition, request, seconds);
        return summary ? [[metric, summary]] : [];
      }),
    ),
  };
}

/** A rate over a part of a second is none. */
function perSecond(count: number, seconds: number): number | null {
  return seconds < 1 ? null : count / seconds;
}

function summariseMetric(
  name: string,
  { kind }: MetricDefinition,
  { trends, counters, rates }: RequestStatistics,
  seconds: number,
): MetricSummary | undefined {
  if (kind === 'counter') {
    const count = counters[name];
    return count === undefined ? undefined : { count, rate: perSecond(count, seconds) };
  }
  if (kind === 'rate') {
    const { hits, total } = rates[name] ?? { hits: 0, total: 0 };
    return total === 0 ? undefined : { rate: hits / total, hits, total };
  }
  const trend = trends[name];
  if (!trend || trend.count === 0) return undefined;
  const { average: avg, minimum: min, median: med, p90, p95, p99, maximum: max } = latenciesOf(trend);
  return { count: trend.count, avg, min, med, p90, p95, p99, max };
}

function latenciesOf(trend: TrendStatistics | undefined): Latencies {
  const at = (fraction: number) => percentileOf(trend, fraction) ?? 0;
  return {
    average: trend && trend.count > 0 ? trend.sum / trend.count : 0,
    minimum: trend?.minimum ?? 0,
    maximum: trend?.maximum ?? 0,
    median: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
  };
}

function summariseError(error: MasterStatistics['errors'][number]): ErrorSummary {
  const hint = errorHint(error.error, error.kind);
  return { ...error, ...(hint !== undefined && { hint }) };
}
