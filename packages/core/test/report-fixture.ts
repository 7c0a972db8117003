import type { RequestSummary, RunReport } from '../src/results/summary.js';
import type { Sample } from '../src/measure/sample-contract.js';
import { countOf, percentile, type Histogram } from '../src/locust/histogram.js';
import { uniformNumbers } from '../src/values/random.js';

/** What a made-up run looks like. */
interface FixtureOptions {
  /** Seconds of load, one sample each. */
  readonly samples?: number;
  readonly workers?: number;
  readonly peakUsers?: number;
}

/** As finely as Locust counts: whole milliseconds below 100, two significant digits above. */
const coarse = (milliseconds: number) =>
  milliseconds < 100 ? Math.round(milliseconds) : Number(milliseconds.toPrecision(2));

/** Response times around a median with a long tail, and a second hump of retries. */
function responseTimes(count: number, median: number, random: () => number): Histogram {
  // A hundred thousand draws show the shape; more of them only weigh more.
  const weight = Math.ceil(count / 100_000);
  const histogram = new Map<number, number>();
  for (let index = 0; index < count / weight; index++) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const slow = random() < 0.02 ? 4 : 1;
    const milliseconds = coarse(Math.max(2, median * slow * Math.exp(0.38 * normal)));
    histogram.set(milliseconds, (histogram.get(milliseconds) ?? 0) + weight);
  }
  return [...histogram].sort(([first], [second]) => first - second);
}

function summary(name: string, histogram: Histogram, failed: number, seconds: number): RequestSummary {
  const count = countOf(histogram);
  const at = (fraction: number) => percentile(histogram, fraction) ?? 0;
  return {
    method: 'POST',
    name,
    due: count,
    sent: count,
    succeeded: count - failed,
    failed,
    dropped: 0,
    count,
    failureRate: failed / count,
    requestsPerSecond: count / seconds,
    retried: 0,
    average: histogram.reduce((sum, [milliseconds, times]) => sum + milliseconds * times, 0) / count,
    minimum: histogram[0]?.[0] ?? 0,
    maximum: histogram.at(-1)?.[0] ?? 0,
    median: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    averageBytes: 106.4,
    metrics: {},
  };
}

function sampleAt(second: number, options: Required<FixtureOptions>, random: () => number): Sample {
  const ramp = Math.min(1, second / (options.samples * 0.25));
  const users = Math.round(options.peakUsers * ramp);
  const saturation = second > options.samples * 0.68 && second < options.samples * 0.8 ? 1 : 0;
  const requestsPerSecond = users * 2.4 * (0.96 + 0.08 * random()) * (1 - 0.12 * saturation);
  const p50 = 34 + 9 * ramp + 3 * random() + 26 * saturation;
  return {
    elapsedSeconds: second,
    users,
    requestsPerSecond: Math.round(requestsPerSecond),
    failuresPerSecond: saturation ? Math.round(6 + 8 * random()) : 0,
    inFlight: users,
    oldestSeconds: (p50 * 4) / 1000,
    p50: coarse(p50),
    p95: coarse(p50 * (1.9 + 0.3 * random())),
    p99: coarse(p50 * (2.9 + 0.9 * random())),
    workers: Array.from({ length: options.workers }, (_, index) => ({
      id: `loader-${index + 1}_${'b1946ac92492d2347c6235b4d2611184'.slice(index)}`,
      state: 'running',
      cpuPercent: 8 + ramp * (46 + (index % 5) * 7) + 5 * random(),
    })),
    totalRequests: second * 400,
    totalFailures: 0,
  };
}

/** A run as it would be: a ramp, a plateau, a few seconds of saturation with throttling, and one broken threshold. */
export function realisticReport(choice: FixtureOptions = {}): RunReport {
  const options = { samples: 120, workers: 2, peakUsers: 200, ...choice };
  const random = uniformNumbers(7);
  const seconds = options.samples;
  const series = Array.from({ length: seconds }, (_, index) => sampleAt(index + 1, options, random));
  const requests = Math.round(series.reduce((sum, sample) => sum + sample.requestsPerSecond, 0));
  const failures = series.reduce((sum, sample) => sum + sample.failuresPerSecond, 0);
  const predict = responseTimes(Math.round(requests * 0.83), 42, random);
  const batch = responseTimes(requests - Math.round(requests * 0.83), 118, random);
  const both = new Map(predict);
  for (const [milliseconds, count] of batch) both.set(milliseconds, (both.get(milliseconds) ?? 0) + count);
  const distribution = [...both].sort(([first], [second]) => first - second);
  const total = summary('Aggregated', distribution, failures, seconds);
  return {
    schemaVersion: 2,
    name: 'fraud-detection',
    runId: '20260814T093000Z-k3f9x2',
    verdict: 'FAIL',
    reasons: ['http_req_duration{name:predict-batch}: p(95)<200 does not hold, measured 250 ms.'],
    aborted: false,
    target: {
      kind: 'sagemaker',
      host: 'https://runtime.sagemaker.eu-west-1.amazonaws.com',
      labels: { endpoint: 'fraud-detection-prod' },
    },
    fleet: { kind: 'local', workers: options.workers },
    startedAt: '2026-08-14T09:30:00.000Z',
    endedAt: new Date(Date.UTC(2026, 7, 14, 9, 30, seconds + 9)).toISOString(),
    loadSeconds: seconds,
    thresholds: [
      { metric: 'http_req_duration', expression: 'p(95)<250', passed: true, measured: total.p95, unit: 'ms' },
      {
        metric: 'http_req_duration{name:predict-batch}',
        expression: 'p(95)<200',
        passed: false,
        measured: 250,
        unit: 'ms',
      },
      {
        metric: 'http_req_failed',
        expression: 'rate<0.01',
        passed: true,
        measured: total.failureRate,
        unit: 'share',
      },
      {
        metric: 'http_reqs',
        expression: 'rate>250',
        passed: true,
        measured: total.requestsPerSecond,
        unit: 'requests/s',
      },
    ],
    total,
    requests: [summary('predict', predict, 0, seconds), summary('predict-batch', batch, failures, seconds)],
    metrics: {},
    accounting: {
      due: total.due,
      sent: total.sent,
      succeeded: total.succeeded,
      failed: total.failed,
      dropped: 0,
      inFlight: 0,
      holds: true,
    },
    errors: [
      {
        method: 'POST',
        name: 'predict-batch',
        kind: 'throttled',
        error: 'HTTP 400 ThrottlingException: Rate exceeded',
        occurrences: failures - Math.round(failures * 0.13),
        hint: 'The service is throttling: the load is above its quota or capacity. Lower the users, or scale the endpoint out and run again.',
      },
      {
        method: 'POST',
        name: 'predict-batch',
        kind: 'check',
        error: 'check of /predictions/0: not of type number',
        occurrences: Math.round(failures * 0.13),
        hint: 'An answer came, but not the expected one. Compare an answer of the service with `expect` of the target.',
      },
    ],
    failureSamples: [
      {
        method: 'POST',
        name: 'predict-batch',
        kind: 'throttled',
        error: 'HTTP 400 ThrottlingException: Rate exceeded',
        time: 1_786_700_000.25,
        status: 400,
        headers: { 'content-type': 'application/json', 'x-amzn-requestid': '5c1b…' },
        body: '{"message":"Rate exceeded"}',
        requestRow: 17,
        seconds: 0.012,
      },
    ],
    exceptions: [],
    events: [],
    stalls: [],
    series,
    distribution,
    configuration: {
      name: 'fraud-detection',
      target: {
        kind: 'sagemaker',
        options: {
          endpointName: 'fraud-detection-prod',
          region: 'eu-west-1',
          payloads: './features.jsonl',
          expect: { status: [200] },
        },
      },
      workers: options.workers,
      load: {
        profile: 'ramp',
        from: 0,
        users: options.peakUsers,
        duration: '30s',
        hold: '90s',
        waitTime: '0s',
      },
      thresholds: { http_req_duration: ['p(95)<250'], http_req_failed: ['rate<0.01'] },
    },
    bundleDigest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    versions: { loadwright: '0.1.0', node: '22.12.0', locust: '2.47.0', python: '3.12.7' },
    resultsDirectory: '/results/fraud-detection/20260814T093000Z-k3f9x2',
  };
}

/** The same run with an arrival rate: a few seconds of saturation in which answers were late and some were dropped. */
export function openReport(): RunReport {
  const report = realisticReport();
  const dropped = 12;
  const serviceDistribution = report.distribution.map(([time, count]) => [time / 2 + 0.004, count] as const);
  const withService = (request: RequestSummary): RequestSummary => ({
    ...request,
    p999: request.maximum,
    service: {
      average: request.average / 2,
      minimum: request.minimum / 2,
      maximum: request.maximum / 2,
      median: request.median / 2,
      p90: request.p90 / 2,
      p95: request.p95 / 2,
      p99: request.p99 / 2,
      p999: request.maximum / 2,
    },
  });
  const spread = { count: 240, median: 0.084, p95: 0.41, p99: 1.62, maximum: 7.4 };
  return {
    ...report,
    verdict: 'INVALID',
    reasons: [
      'Worker 1 used more than 90 % of its core in 12 of 60 samples (20 %), up to 97.2 %: use more workers.',
    ],
    problems: [
      {
        rule: 'generator-cpu',
        reason:
          'Worker 1 used more than 90 % of its core in 12 of 60 samples (20 %), up to 97.2 %: use more workers.',
      },
    ],
    warmUpSeconds: 10,
    total: { ...withService(report.total), due: report.total.due + dropped, dropped },
    requests: report.requests.map(withService),
    accounting: { ...report.accounting!, due: report.total.due + dropped, dropped },
    arrivals: { offered: report.total.count + dropped, late: 310, dropped, mostInFlight: 88 },
    generator: { lag: spread, phases: { connect: spread, wait: spread }, retriedIdle: 3 },
    series: report.series.map((sample, index) => ({
      ...sample,
      lagP99: 0.8,
      inFlight: 20 + (index % 40),
      open: {
        offeredPerSecond: 480,
        late: index,
        dropped: Math.min(12, index),
        service: { p50: sample.p50, p95: sample.p95, p99: sample.p99 },
      },
    })),
    serviceDistribution,
  };
}

/** A run of which nothing was measured: no request, no sample, no threshold. */
export function emptyReport(): RunReport {
  const report = realisticReport({ samples: 1 });
  const zero = Object.fromEntries(
    Object.entries(report.total).map(([key, value]) => [key, typeof value === 'number' ? 0 : value]),
  ) as unknown as RequestSummary;
  return {
    ...report,
    verdict: 'INVALID',
    reasons: ['The run was stopped before its end.', 'No request was answered.'],
    aborted: true,
    loadSeconds: 0,
    thresholds: [],
    total: { ...zero, requestsPerSecond: null },
    requests: [],
    accounting: { due: 0, sent: 0, succeeded: 0, failed: 0, dropped: 0, inFlight: 0, holds: true },
    errors: [],
    failureSamples: [],
    series: [],
    distribution: [],
  };
}

/** A run with a small, quiet service that held all its thresholds. */
export function passingReport(): RunReport {
  const report = realisticReport();
  return {
    ...report,
    name: 'web-cache',
    verdict: 'PASS',
    reasons: ['All 2 thresholds held.'],
    target: { kind: 'dht', host: 'http://127.0.0.1:8080', labels: { protocol: 'koorde' } },
    thresholds: report.thresholds.filter(({ passed }) => passed).slice(0, 2),
    total: { ...report.total, succeeded: report.total.count, failed: 0, failureRate: 0 },
    requests: report.requests.slice(0, 1),
    accounting: { ...report.accounting!, succeeded: report.total.count, failed: 0 },
    errors: [],
    failureSamples: [],
    series: report.series.map((sample) => ({ ...sample, failuresPerSecond: 0 })),
  };
}

const attack = '</script><img src=x onerror="window.broken = true"><!--<script>';

/** A run in which every text that comes from outside tries to become more than text, or is very long. */
export function hostileReport(): RunReport {
  const report = realisticReport({ samples: 20 });
  const name = `${attack}${'very-long-name-'.repeat(20)}`;
  return {
    ...report,
    name,
    reasons: [name, attack],
    target: { kind: attack, host: `http://${name}`, labels: { [attack]: name } },
    requests: report.requests.map((request) => ({ ...request, method: attack, name })),
    thresholds: report.thresholds.map((threshold) => ({
      ...threshold,
      metric: name,
      measured: null,
      passed: false,
    })),
    errors: report.errors.map((error) => ({
      ...error,
      name,
      error: attack + 'x'.repeat(5000),
      hint: attack,
    })),
    failureSamples: report.failureSamples.map((sample) => ({
      ...sample,
      name,
      error: attack,
      headers: { [attack]: attack },
      body: attack.repeat(20),
    })),
    exceptions: [{ message: attack, count: 3, nodes: [attack] }],
    events: [{ time: 1_786_700_001, action: attack, accepted: true, detail: attack }],
    configuration: { [attack]: [attack, name] },
    versions: { ...report.versions, [attack]: attack },
    series: report.series.map((sample, index) => ({
      ...sample,
      ...(index % 4 === 0 && { p50: null, p95: null, p99: null }),
      workers: sample.workers.map((worker) => ({ ...worker, id: attack + worker.id })),
    })),
  };
}

function without(value: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/** A report as Loadwright wrote it before every request was accounted for. */
export function firstVersionReport(): object {
  const report = openReport();
  const request = (summary: RequestSummary) => ({
    ...without(summary, 'due', 'sent', 'succeeded', 'failed', 'dropped', 'retried', 'metrics'),
    failures: summary.failed,
  });
  return {
    ...without(report, 'accounting', 'metrics', 'failureSamples', 'exceptions', 'events', 'stalls'),
    schemaVersion: 1,
    total: request(report.total),
    requests: report.requests.map(request),
    errors: report.errors.map((error) => without(error, 'kind')),
    series: report.series.map((sample) => ({
      ...without(sample, 'inFlight', 'oldestSeconds'),
      open: { ...sample.open, inFlight: sample.inFlight },
    })),
  };
}
