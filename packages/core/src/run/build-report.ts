import { readFileSync } from 'node:fs';
import { average, countOf, percentile, type Histogram } from '../locust/histogram.js';
import type { MasterStatistics, RequestStatistics } from '../locust/statistics.js';
import { errorHint } from '../report/error-hints.js';
import type {
  ArrivalSummary,
  ErrorSummary,
  Latencies,
  RequestSummary,
  RunReport,
  Spread,
} from '../report/summary.js';
import type { Sample } from './events.js';
import type { JudgedLoad } from './judged-load.js';
import type { Observation } from './watch.js';

const nothing: RequestStatistics = {
  method: '',
  name: 'Aggregated',
  count: 0,
  failures: 0,
  totalMilliseconds: 0,
  minimumMilliseconds: null,
  maximumMilliseconds: 0,
  totalBytes: 0,
  histogram: [],
  requestsPerSecond: [],
  failuresPerSecond: [],
};

/** Counters of the generator itself; all others are the target's. */
const generatorCounters: ReadonlySet<string> = new Set([
  'arrivals',
  'late',
  'dropped',
  'retried_idle',
  'interrupted',
  'tls_resumed',
]);

type Figures = Pick<
  RunReport,
  | 'total'
  | 'requests'
  | 'errors'
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
export function figuresOf(judged: JudgedLoad, observation: Observation): Figures {
  const { statistics, window } = judged;
  const seconds = window.to - window.from;
  const total = statistics?.total ?? nothing;
  const counters = Object.entries(statistics?.counters ?? {}).filter(
    ([name]) => !generatorCounters.has(name),
  );
  return {
    loadSeconds: observation.loadSeconds,
    ...(window.from > 0 && { warmUpSeconds: window.from }),
    total: summarise(total, seconds),
    requests: (statistics?.requests ?? []).map((request) => summarise(request, seconds)),
    errors: (statistics?.errors ?? []).map(summariseError),
    ...(counters.length > 0 && { counters: Object.fromEntries(counters) }),
    ...(statistics?.counters?.['arrivals'] !== undefined && {
      arrivals: summariseArrivals(statistics.counters, judged.samples),
    }),
    ...(statistics && summariseGenerator(statistics)),
    series: exactRates(observation),
    distribution: total.responseHistogram ?? total.histogram,
    ...(total.responseHistogram && { serviceDistribution: total.histogram }),
  };
}

function summariseArrivals(
  { arrivals: offered = 0, late = 0, dropped = 0 }: Readonly<Record<string, number>>,
  samples: readonly Sample[],
): ArrivalSummary {
  const inFlight = samples.map(({ open }) => open?.inFlight ?? 0);
  return { offered, late, dropped, mostInFlight: Math.max(0, ...inFlight) };
}

function summariseGenerator({ lag, phases, counters }: MasterStatistics): Pick<RunReport, 'generator'> {
  const retriedIdle = counters?.['retried_idle'] ?? 0;
  if (!lag && !phases) return {};
  const of = (histogram: Histogram | undefined, key: string) => {
    const spread = spreadOf(histogram ?? []);
    return spread && { [key]: spread };
  };
  return {
    generator: {
      ...of(lag, 'lag'),
      ...(phases && {
        phases: {
          ...of(phases.connect, 'connect'),
          ...of(phases.tls, 'tls'),
          ...of(phases.wait, 'wait'),
        },
      }),
      retriedIdle,
    },
  };
}

function spreadOf(histogram: Histogram): Spread | undefined {
  const at = (fraction: number) => percentile(histogram, fraction) ?? 0;
  const count = countOf(histogram);
  if (count === 0) return undefined;
  return { count, median: at(0.5), p95: at(0.95), p99: at(0.99), maximum: histogram.at(-1)?.[0] ?? 0 };
}

/** Versions of everything that took part. */
export function versionsOf(statistics: MasterStatistics | undefined): Record<string, string> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return {
    loadwright: version,
    node: process.versions.node,
    ...(statistics && { locust: statistics.locustVersion, python: statistics.pythonVersion }),
  };
}

function summarise(request: RequestStatistics, seconds: number): RequestSummary {
  const { count, failures, histogram, responseHistogram } = request;
  const service = latenciesOf(histogram, {
    average: count > 0 ? request.totalMilliseconds / count : 0,
    minimum: request.minimumMilliseconds ?? 0,
    maximum: request.maximumMilliseconds,
  });
  return {
    method: request.method,
    name: request.name,
    count,
    failures,
    failureRate: count > 0 ? failures / count : 0,
    requestsPerSecond: seconds > 0 ? count / seconds : 0,
    ...(responseHistogram ? { ...latenciesOf(responseHistogram), service } : service),
    averageBytes: count > 0 ? request.totalBytes / count : 0,
  };
}

/** @param exact Figures that are known better than from the histogram. */
function latenciesOf(
  histogram: Histogram,
  exact?: Pick<Latencies, 'average' | 'minimum' | 'maximum'>,
): Latencies {
  const at = (fraction: number) => percentile(histogram, fraction) ?? 0;
  return {
    average: average(histogram) ?? 0,
    minimum: histogram[0]?.[0] ?? 0,
    maximum: histogram.at(-1)?.[0] ?? 0,
    ...exact,
    median: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
  };
}

function summariseError(error: MasterStatistics['errors'][number]): ErrorSummary {
  const hint = errorHint(error.error);
  return { ...error, ...(hint !== undefined && { hint }) };
}

/**
 * The live rates are averages over the readings; afterwards the workers' own counts by second are known, so each
 * sample gets those of the second before it.
 */
function exactRates({ samples, startedAt, rates }: Observation): Sample[] {
  return samples.map((sample) => ({
    ...sample,
    ...rates.at(Math.round(startedAt + sample.elapsedSeconds - 1)),
  }));
}
