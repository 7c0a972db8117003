import type { MetricSummary, RequestSummary, RunReport } from '../src/results/summary.js';
import { openReport, realisticReport } from './report-fixture.js';

const trend = (count: number, med: number): MetricSummary => ({
  count,
  avg: med * 1.12,
  min: med * 0.31,
  med,
  p90: med * 1.9,
  p95: med * 2.4,
  p99: med * 3.8,
  max: med * 9.5,
});

const customMetrics = ({ count }: RequestSummary): Record<string, MetricSummary> => ({
  time_to_first_token: trend(count, 186.4),
  tokens: trend(count, 96),
  tokens_sent: { count: count * 41, rate: count / 2.9 },
  is_cached: { rate: 0.2814, hits: Math.round(count * 0.2814), total: count },
});

/** How the requests of a name ended. */
const codesOf = ({ succeeded, failed }: RequestSummary) => ({
  200: succeeded,
  503: Math.floor(failed * 0.8),
  429: Math.floor(failed * 0.1),
  timeout: failed - Math.floor(failed * 0.8) - Math.floor(failed * 0.1),
});

const body = `{"error":{"type":"overloaded_error","message":"Overloaded: the queue is full <retry later>","request":"req_011CSHoEeqs5C35K2UUqR7Fy"}}`;

/** Wider than a column, and without a place to break. */
const longName = 'entry_node_0x534daff3d224ceb876363751f540e2d1ad8d7e';

/**
 * The report of a streaming service that stalled for some seconds, with all that a report can hold: metrics of the
 * target, failure samples, exceptions, events, retries, a cold start, and a broken threshold in a run that is INVALID.
 */
export function detailedReport(): RunReport {
  const report = realisticReport();
  const stall = { from: 84, to: 95, inFlight: 200 };
  const isStalled = (second: number) => second > stall.from && second <= stall.to;
  const unfinished = 37;
  const requests = report.requests.map((request, index) => ({
    ...request,
    retried: index === 0 ? 212 : 3,
    metrics: customMetrics(request),
    codes: codesOf(request),
  }));
  const invalidity =
    'The event loops of the workers were late: the p99 of their lag was 14.2 ms, more than 10 ms allow. Use more workers.';
  return {
    ...report,
    name: 'chat-completions',
    verdict: 'INVALID',
    reasons: [
      invalidity,
      'http_req_duration{name:predict-batch}: p(95)<200 does not hold, measured 250 ms.',
      'http_req_failed: rate<0.01 (default) does not hold, measured 1.21 %.',
    ],
    problems: [{ rule: 'event-loop-lag', reason: invalidity }],
    warnings: [
      { rule: 'stall', reason: 'Nothing was answered from 84 s to 95 s, with up to 200 requests in flight.' },
      {
        rule: 'retried',
        reason:
          '215 of 53,301 requests (0.4 %) were sent again, because the server had closed an idle connection.',
      },
    ],
    preflight: {
      summary: 'POST /v1/chat/completions answered 200 in 412 ms',
      seconds: 0.412,
      attempts: 14,
      coldStartSeconds: 137,
    },
    interactive: true,
    thresholds: [
      ...report.thresholds.map((threshold) => ({
        ...threshold,
        ...(threshold.unit === 'ms' && { over: 53_301, succeeded: 52_656 }),
        ...(threshold.metric === 'http_req_failed' && {
          isDefault: true as const,
          passed: false,
          measured: 0.0121,
        }),
      })),
      {
        metric: 'time_to_first_token',
        expression: 'p(95)<500',
        passed: true,
        measured: 447.36,
        unit: 'ms',
        over: 53_301,
      },
    ],
    total: {
      ...{ ...report.total, retried: 215, metrics: customMetrics(report.total) },
      codes: codesOf(report.total),
    },
    requests,
    metrics: {
      time_to_first_token: { kind: 'trend', unit: 'ms', description: 'from sending to the first token' },
      tokens: { kind: 'trend', unit: 'tokens', description: 'tokens of an answer' },
      tokens_sent: { kind: 'counter', unit: 'tokens', description: 'tokens of all prompts' },
      is_cached: { kind: 'rate', unit: '', description: 'prompts that were in the cache' },
      [longName]: { kind: 'counter', unit: '', description: 'answers of a node that tells its id alone' },
    },
    skews: {
      'entry_node_*': { members: 8, mean: 6_667.5, largest: { name: longName, count: 9_334 }, skew: 1.3999 },
    },
    accounting: {
      due: report.total.due,
      sent: report.total.due,
      succeeded: report.total.due - 645,
      failed: 645,
      dropped: 0,
      inFlight: 0,
      holds: true,
    },
    errors: [
      ...report.errors,
      {
        method: 'POST',
        name: 'predict',
        kind: 'unfinished',
        error: 'unfinished: not answered 30 s after the load had ended',
        occurrences: unfinished,
        hint: 'The service still held these requests when the load was over. Look for a stall in the charts, or give `load.gracefulStop` more time.',
      },
    ],
    failureSamples: [
      {
        ...report.failureSamples[0]!,
        body,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'retry-after': '12',
          'set-cookie': '[redacted]',
          'x-request-id': 'req_011CSHoEeqs5C35K2UUqR7Fy',
        },
      },
      { ...report.failureSamples[0]!, time: 1_786_700_001.5, requestRow: 18, body, seconds: 0.0314 },
      {
        method: 'POST',
        name: 'predict',
        kind: 'unfinished',
        error: 'unfinished: not answered 30 s after the load had ended',
        time: 1_786_700_120,
        requestRow: 4711,
        requestId: 'canary-5f2c-12',
        seconds: 66.3,
      },
      {
        method: 'POST',
        name: 'predict',
        kind: 'payload',
        error: "payload: 'utf-8' codec can't encode character '\\ud800' in position 12",
        time: 1_786_700_010,
        requestRow: 99,
        seconds: 0,
      },
    ],
    exceptions: [
      {
        message: "KeyError: 'session_id' in next_request, chat_requests.py line 41",
        count: 12,
        nodes: ['loader-1_b1946ac9', 'loader-2_1946ac92'],
      },
    ],
    events: [
      { time: 1_786_699_830, action: 'edit', accepted: true, detail: 'users from 100 to 200, in the web UI' },
      { time: 1_786_699_861, action: 'reset', accepted: false, detail: 'a judged test keeps its figures' },
      { time: 1_786_699_890, action: 'worker-lost', accepted: true, detail: 'loader-2_1946ac92 is silent' },
    ],
    stalls: [stall],
    requestSeries: report.requests.map(({ method, name }, place) => ({
      method,
      name,
      points: report.series.map(({ elapsedSeconds, requestsPerSecond, p50, p95, p99 }) => ({
        ...{ elapsedSeconds, failuresPerSecond: 0, p50, p95: p95 && p95 * (1 + place), p99 },
        requestsPerSecond: requestsPerSecond * (place === 0 ? 0.83 : 0.17),
        codesPerSecond: {
          200: requestsPerSecond * (place === 0 ? 0.8 : 0.17),
          ...(place === 0 && requestsPerSecond > 0 && { 503: requestsPerSecond * 0.03 }),
        },
      })),
    })),
    warmUpSeconds: 10,
    series: report.series.map((sample, index) => ({
      ...sample,
      ...(isStalled(sample.elapsedSeconds) && {
        requestsPerSecond: 0,
        failuresPerSecond: 0,
        ...{ p50: null, p95: null, p99: null },
      }),
      inFlight: isStalled(sample.elapsedSeconds) ? 200 : Math.round(sample.users * 0.6),
      bytesPerSecond: sample.requestsPerSecond * 512,
      bytesSentPerSecond: sample.requestsPerSecond * 1800,
      bytesReceivedPerSecond: sample.requestsPerSecond * 700,
      ...(!isStalled(sample.elapsedSeconds) && {
        codes: {
          200: Math.round(sample.requestsPerSecond - sample.failuresPerSecond),
          ...(index > 60 && { 429: index % 7, 503: 20 + (index % 13), timeout: index % 3 }),
        },
      }),
      ...(!isStalled(sample.elapsedSeconds) && {
        firstByte: { p50: 30, p95: 70 + (index % 9), p99: 110 + (index % 17) },
      }),
      ...(sample.failuresPerSecond > 0 && {
        failureKinds: { throttled: sample.failuresPerSecond - 1, check: 1 },
      }),
      oldestSeconds: isStalled(sample.elapsedSeconds) ? sample.elapsedSeconds - stall.from : 0.3,
      metrics: {
        time_to_first_token: isStalled(sample.elapsedSeconds)
          ? { p50: null, p95: null, p99: null }
          : { p50: 180 + (index % 7) * 4, p95: 430 + (index % 11) * 8, p99: 700 + (index % 13) * 12 },
        tokens: { p50: 96, p95: 230 + (index % 5), p99: 364 },
        tokens_sent: { perSecond: sample.requestsPerSecond * 41 },
        is_cached: { rate: Math.min(0.4, 0.05 + index / 200) },
        [longName]: { perSecond: sample.requestsPerSecond / 4 },
      },
    })),
  };
}

/** A run whose sums do not agree, and that had no preflight. */
export function unbalancedReport(): RunReport {
  const report = openReport();
  const reason =
    'The accounting does not hold: 49,988 requests were due, but 49,817 succeeded, 150 failed, 12 were dropped and 9 are in flight.';
  return {
    ...report,
    reasons: [reason],
    problems: [{ rule: 'accounting', reason }],
    preflight: { skipped: true },
    accounting: {
      due: 49_988,
      sent: 49_976,
      succeeded: 49_817,
      failed: 150,
      dropped: 12,
      inFlight: 9,
      holds: false,
    },
  };
}

/** A load that was stopped within its first second: too short for any rate. */
export function tooShortReport(): RunReport {
  const report = realisticReport({ samples: 1 });
  const short = (request: RequestSummary): RequestSummary => ({ ...request, requestsPerSecond: null });
  return {
    ...report,
    verdict: 'INVALID',
    reasons: ['The run was stopped before its end.'],
    problems: [{ rule: 'stopped', reason: 'The run was stopped before its end.' }],
    aborted: true,
    loadSeconds: 0.0004,
    warmUpSeconds: 5,
    total: short(report.total),
    requests: report.requests.map(short),
  };
}
