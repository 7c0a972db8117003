import { endedRequests } from '../../locust/outcomes.js';
import { sum } from '../../locust/histogram.js';
import { percentileOf } from '../../locust/trend.js';
import type { MetricDefinition, RequestStatistics, TrendStatistics } from '../../locust/statistics.js';
import { shareUnit } from '../../values/format.js';

/** How a threshold folds the measurements into one number. `percentile` is 0 to 100, set for `p(N)` only. */
export interface Aggregation {
  readonly name: 'avg' | 'min' | 'max' | 'med' | 'p' | 'count' | 'rate';
  readonly percentile?: number;
}

/** The statistics that thresholds look at. */
export interface MeasuredStatistics {
  readonly total: RequestStatistics;
  readonly requests: readonly RequestStatistics[];
}

/** What one threshold looks at. */
export interface Measured {
  /** All requests, or those of one name. */
  readonly requests: RequestStatistics;
  /** Length of the judged load, in seconds. */
  readonly seconds: number;
}

/** What was measured. */
export interface Measurement {
  readonly value: number;
  /** Of how many values. */
  readonly over?: number;
  /** How many of them are of requests that succeeded. */
  readonly succeeded?: number;
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
  /** The values whose percentiles can be asked for; undefined when there are none. */
  trend?(requests: RequestStatistics): TrendStatistics | undefined;
  /** Null when there is nothing to measure. */
  measure(measured: Measured, aggregation: Aggregation): Measurement | null;
}

/** One number of many values; null when there are none. */
export function fold(trend: TrendStatistics, { name, percentile: rank = 0 }: Aggregation): number | null {
  if (trend.count === 0) return null;
  switch (name) {
    case 'avg':
      return trend.sum / trend.count;
    case 'min':
      return trend.minimum;
    case 'max':
      return trend.maximum;
    default:
      return percentileOf(trend, name === 'med' ? 0.5 : rank / 100);
  }
}

const trendAggregations = ['avg', 'min', 'max', 'med', 'p'] as const;

function time(trend: NonNullable<Metric['trend']>) {
  return {
    aggregations: trendAggregations,
    byName: true,
    openModelOnly: false,
    unit: () => 'ms',
    trend,
    measure: ({ requests }: Measured, aggregation: Aggregation): Measurement | null => {
      const values = trend(requests);
      const value = values ? fold(values, aggregation) : null;
      if (!values || value === null) return null;
      return { value, over: values.count, succeeded: Math.min(requests.succeeded, values.count) };
    },
  } as const;
}

const recorded =
  (name: string) =>
  ({ trends }: RequestStatistics): TrendStatistics | undefined =>
    trends[name];

/** As in k6 a request that did not go through the phase counts as 0 ms. */
function phase(name: string) {
  const own = recorded(name);
  return (requests: RequestStatistics): TrendStatistics | undefined => {
    const trend = own(requests) ?? { count: 0, sum: 0, minimum: null, maximum: 0, histogram: [] };
    const others = Math.max(0, endedRequests(requests) - trend.count);
    if (others === 0) return trend;
    return {
      ...trend,
      count: trend.count + others,
      minimum: 0,
      histogram: sum([[0, others]], trend.histogram),
    };
  };
}

function counted(unit: string, count: (requests: RequestStatistics) => number | undefined) {
  return {
    aggregations: ['count', 'rate'],
    byName: true,
    openModelOnly: false,
    unit: ({ name }: Aggregation) => (name === 'rate' ? `${unit}/s` : unit),
    measure: ({ requests, seconds }: Measured, { name }: Aggregation): Measurement | null => {
      const value = count(requests);
      if (value === undefined) return null;
      if (name === 'count') return { value };
      // A rate over a part of a second is none.
      return seconds < 1 ? null : { value: value / seconds };
    },
  } as const;
}

/** The metrics of a threshold that every target has, with k6's names and meaning. */
export const metrics: Readonly<Record<string, Metric>> = {
  http_req_duration: {
    ...time(({ trends }) => trends['http_req_response'] ?? trends['http_req_service']),
    summary:
      'what a caller waits for, in milliseconds, failures included: http_req_response with an arrival rate, otherwise http_req_service',
  },
  http_req_service: {
    ...time(recorded('http_req_service')),
    summary:
      'service time: from the first byte that is sent to the last byte of the answer, in milliseconds. What k6 calls http_req_duration',
  },
  http_req_response: {
    ...time(recorded('http_req_response')),
    openModelOnly: true,
    summary: 'response time: from when the request was due to the last byte of the answer, in milliseconds',
  },
  http_req_first_byte: {
    ...time(recorded('http_req_first_byte')),
    summary: 'from the first byte that is sent to the first byte of the answer, in milliseconds',
  },
  http_req_blocked: {
    ...time(phase('http_req_blocked')),
    summary: 'until a connection was free or made, in milliseconds; 0 for a request that did not wait',
  },
  http_req_connecting: {
    ...time(phase('http_req_connecting')),
    summary: 'making the TCP connection, in milliseconds; 0 for a request on one that was there',
  },
  http_req_tls_handshaking: {
    ...time(phase('http_req_tls_handshaking')),
    summary: 'TLS handshake, in milliseconds; 0 for a request on a connection that was there',
  },
  http_req_failed: {
    summary: 'failed requests ÷ all requests that ended, 0 to 1',
    aggregations: ['rate'],
    byName: true,
    openModelOnly: false,
    unit: () => shareUnit,
    measure: ({ requests }) => {
      const over = endedRequests(requests);
      return over === 0 ? null : { value: requests.failed / over, over };
    },
  },
  http_reqs: {
    ...counted('requests', endedRequests),
    summary: 'requests that ended: how many, and how many a second of the judged load',
  },
  dropped_iterations: {
    ...counted('requests', ({ dropped }) => dropped),
    summary: 'requests that were due and never sent: maxInFlight others were on their way for too long',
    byName: false,
    openModelOnly: true,
  },
};

/** The metric of a threshold on what a target measures. */
export function targetMetric(
  name: string,
  { kind, unit, description }: MetricDefinition,
  isOfFamily = false,
): Metric {
  const common = { summary: description, byName: true, openModelOnly: false };
  switch (kind) {
    case 'trend': {
      const trend = recorded(name);
      return {
        ...common,
        aggregations: trendAggregations,
        unit: () => unit,
        trend,
        measure: ({ requests }, aggregation) => {
          const values = trend(requests);
          const value = values ? fold(values, aggregation) : null;
          return values && value !== null ? { value, over: values.count } : null;
        },
      };
    }
    case 'counter':
      return {
        ...counted(unit, ({ counters }) => counters[name] ?? (isOfFamily ? undefined : 0)),
        ...common,
      };
    case 'rate':
      return {
        ...common,
        aggregations: ['rate'],
        unit: () => shareUnit,
        measure: ({ requests }) => {
          const { hits = 0, total = 0 } = requests.rates[name] ?? {};
          return total === 0 ? null : { value: hits / total, over: total };
        },
      };
  }
}
