import { readFileSync } from 'node:fs';
import { percentile } from '../locust/histogram.js';
import type { MasterStatistics, RequestStatistics } from '../locust/statistics.js';
import { errorHint } from '../report/error-hints.js';
import type { ErrorSummary, RequestSummary, RunReport } from '../report/summary.js';
import type { Sample } from './events.js';
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

/** The figures of a report: what the statistics and the samples of a run come down to. */
export function figuresOf(
  statistics: MasterStatistics | undefined,
  observation: Observation,
): Pick<RunReport, 'total' | 'requests' | 'errors' | 'counters' | 'series' | 'distribution' | 'loadSeconds'> {
  const { loadSeconds } = observation;
  const total = statistics?.total ?? nothing;
  return {
    loadSeconds,
    total: summarise(total, loadSeconds),
    requests: (statistics?.requests ?? []).map((request) => summarise(request, loadSeconds)),
    errors: (statistics?.errors ?? []).map(summariseError),
    ...(statistics?.counters &&
      Object.keys(statistics.counters).length > 0 && { counters: statistics.counters }),
    series: exactRates(observation),
    distribution: total.histogram,
  };
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

function summarise(request: RequestStatistics, loadSeconds: number): RequestSummary {
  const { count, failures, histogram } = request;
  const at = (fraction: number) => percentile(histogram, fraction) ?? 0;
  return {
    method: request.method,
    name: request.name,
    count,
    failures,
    failureRate: count > 0 ? failures / count : 0,
    requestsPerSecond: loadSeconds > 0 ? count / loadSeconds : 0,
    average: count > 0 ? request.totalMilliseconds / count : 0,
    minimum: request.minimumMilliseconds ?? 0,
    maximum: request.maximumMilliseconds,
    median: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    averageBytes: count > 0 ? request.totalBytes / count : 0,
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
