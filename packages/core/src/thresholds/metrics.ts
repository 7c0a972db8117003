import { average, countOf, percentile, sum, type Histogram } from '../locust/histogram.js';
import type { MasterStatistics, RequestStatistics } from '../locust/statistics.js';

/** How a threshold folds the measurements into one number. `percentile` is 0 to 100, set for `p(N)` only. */
export interface Aggregation {
  readonly name: 'avg' | 'min' | 'max' | 'med' | 'p' | 'count' | 'rate';
  readonly percentile?: number;
}

/** The statistics that thresholds look at. */
export type MeasuredStatistics = Pick<MasterStatistics, 'total' | 'requests' | 'phases' | 'counters'>;

/** What one threshold looks at. */
export interface Measured {
  /** All requests, or those of one name. */
  readonly requests: RequestStatistics;
  /** Everything that was measured. */
  readonly all: MeasuredStatistics;
  /** Length of the judged load, in seconds. */
  readonly seconds: number;
}

/** A metric of a threshold. */
export interface Metric {
  /** What it measures, for the documentation. */
  readonly summary: string;
  readonly aggregations: readonly Aggregation['name'][];
  /** False: it is known of all requests together only, and takes no request name. */
  readonly byName: boolean;
  /** True: there is nothing to measure without an arrival rate. */
  readonly openModelOnly: boolean;
  unit(aggregation: Aggregation): string;
  /** Null when there is nothing to measure. */
  measure(measured: Measured, aggregation: Aggregation): number | null;
}

/** Exact figures that are known beside a histogram. */
interface Exact {
  readonly average: number;
  readonly minimum: number | null;
  readonly maximum: number;
}

function fold(
  histogram: Histogram,
  { name, percentile: rank = 0 }: Aggregation,
  exact?: Exact,
): number | null {
  if (countOf(histogram) === 0) return null;
  switch (name) {
    case 'avg':
      return exact ? exact.average : average(histogram);
    case 'min':
      return exact ? exact.minimum : histogram[0]![0];
    case 'max':
      return exact ? exact.maximum : histogram.at(-1)![0];
    case 'med':
      return percentile(histogram, 0.5);
    default:
      return percentile(histogram, rank / 100);
  }
}

function serviceTime({ requests }: Measured, aggregation: Aggregation): number | null {
  return fold(requests.histogram, aggregation, {
    average: requests.totalMilliseconds / requests.count,
    minimum: requests.minimumMilliseconds,
    maximum: requests.maximumMilliseconds,
  });
}

const responseTime = ({ requests }: Measured, aggregation: Aggregation) =>
  fold(requests.responseHistogram ?? [], aggregation);

const time = {
  aggregations: ['avg', 'min', 'max', 'med', 'p'],
  byName: true,
  openModelOnly: false,
  unit: () => 'ms',
} as const;

/** As in k6 a request that did not go through the phase counts as 0 ms. */
function phase(name: 'connect' | 'tls' | 'wait'): Metric['measure'] {
  return ({ all }, aggregation) => {
    const histogram = all.phases?.[name];
    if (!histogram) return null;
    const others = Math.max(0, all.total.count - countOf(histogram));
    return fold(others > 0 ? sum([[0, others]], histogram) : histogram, aggregation);
  };
}

function counted(unit: string, count: (measured: Measured) => number) {
  return {
    aggregations: ['count', 'rate'],
    unit: ({ name }: Aggregation) => (name === 'rate' ? `${unit}/s` : unit),
    measure: (measured: Measured, { name }: Aggregation) => {
      if (name === 'count') return count(measured);
      return measured.seconds > 0 ? count(measured) / measured.seconds : null;
    },
  } as const;
}

/** The metrics of a threshold, with k6's names and meaning. */
export const metrics: Readonly<Record<string, Metric>> = {
  http_req_duration: {
    ...time,
    summary:
      'what a caller waits for, in milliseconds, failures included: http_req_response with an arrival rate, otherwise http_req_service',
    measure: (measured, aggregation) =>
      measured.requests.responseHistogram
        ? responseTime(measured, aggregation)
        : serviceTime(measured, aggregation),
  },
  http_req_service: {
    ...time,
    summary:
      'service time: from the first byte that is sent to the last byte of the answer, in milliseconds. What k6 calls http_req_duration',
    measure: serviceTime,
  },
  http_req_response: {
    ...time,
    openModelOnly: true,
    summary: 'response time: from when the request was due to the last byte of the answer, in milliseconds',
    measure: responseTime,
  },
  http_req_blocked: {
    ...time,
    byName: false,
    summary: 'until a connection was free or made, in milliseconds; 0 for a request that did not wait',
    measure: phase('wait'),
  },
  http_req_connecting: {
    ...time,
    byName: false,
    summary: 'making the TCP connection, in milliseconds; 0 for a request on one that was there',
    measure: phase('connect'),
  },
  http_req_tls_handshaking: {
    ...time,
    byName: false,
    summary: 'TLS handshake, in milliseconds; 0 for a request on a connection that was there',
    measure: phase('tls'),
  },
  http_req_failed: {
    summary: 'failed requests ÷ all requests, 0 to 1',
    aggregations: ['rate'],
    byName: true,
    openModelOnly: false,
    unit: () => '',
    measure: ({ requests }) => (requests.count === 0 ? null : requests.failures / requests.count),
  },
  http_reqs: {
    ...counted('requests', ({ requests }) => requests.count),
    summary: 'requests that ended: how many, and how many a second of the judged load',
    byName: true,
    openModelOnly: false,
  },
  dropped_iterations: {
    ...counted('requests', ({ all }) => all.counters?.['dropped'] ?? 0),
    summary: 'requests that were due and never sent: maxInFlight others were on their way for too long',
    byName: false,
    openModelOnly: true,
  },
};
