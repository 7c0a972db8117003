import { describe, expect, it } from 'vitest';
import type { ArrivalPlan } from '../../load/plan.js';
import type { Histogram } from '../../locust/histogram.js';
import {
  request as makeRequest,
  statistics as makeStatistics,
  worker,
} from '../../../test/statistics-fixture.js';
import type { MasterStatistics, TestEvent } from '../../locust/statistics.js';
import { parseThresholds } from '../../judge/thresholds/parse.js';
import type { Sample } from '../../measure/sample-contract.js';
import { tolerableRuleIds, validityRuleIds } from '../../judge/validity/ids.js';
import { findProblems } from '../../judge/validity/index.js';
import type { ValidityEvidence } from '../../judge/validity/rule.js';

const requests = (count: number, name = 'Aggregated') =>
  makeRequest(
    name,
    Array.from({ length: count }, () => 1),
  );

function sample(elapsedSeconds: number, cpu: Record<string, number>): Sample {
  return {
    elapsedSeconds,
    users: 1,
    requestsPerSecond: 1,
    failuresPerSecond: 0,
    inFlight: 0,
    oldestSeconds: 0,
    p50: 1,
    p95: 1,
    p99: 1,
    workers: Object.entries(cpu).map(([id, cpuPercent]) => ({ id, state: 'running', cpuPercent })),
    totalRequests: 1,
    totalFailures: 0,
  };
}

/** A hundred samples in which worker `b` is above 90 % so many times. */
const samplesWith = (busy: number, cpu = 90.1) =>
  Array.from({ length: 100 }, (_, second) => sample(second, { a: 90, b: second < busy ? cpu : 40 }));

const arrivals = (kind: ArrivalPlan['kind']): ArrivalPlan => ({
  kind,
  maxInFlight: 50,
  startRate: 10,
  stages: [{ durationSeconds: 101, ratePerSecond: 10 }],
});
/** The plan has 1,000 requests between second 1 and 101. */
const openLoad = (offered: number, dropped: number, kind: ArrivalPlan['kind'] = 'constant') => ({
  arrivals: arrivals(kind),
  window: { from: 0, to: 101 },
  statistics: statistics({ total: makeRequest('Aggregated', [], { due: offered, dropped }) }),
});

const lag = (late: number): { statistics: MasterStatistics } => {
  const histogram: Histogram = [
    [1, 1000 - late],
    [10.04, late],
  ];
  return { statistics: statistics({ lag: histogram }) };
};

const failing = (error: string) => ({
  statistics: statistics({
    errors: [{ method: 'POST', name: 'predict', kind: 'status', error, occurrences: 7 }],
  }),
});

/** Two workers, of which the clock of the second is off; SigV4's limit. */
const clock = (seconds: number, error?: string): Partial<ValidityEvidence> => {
  const workers = [
    { ...worker('a'), clockOffset: { seconds: 0.2, uncertaintySeconds: 0.5 } },
    { ...worker('b'), clockOffset: { seconds, uncertaintySeconds: 0.5 } },
    worker('c'),
  ];
  const { errors } = failing(error ?? '').statistics;
  return { clockToleranceSeconds: 300, statistics: statistics({ workers, errors: error ? errors : [] }) };
};

const unasked = (count: number) => ({
  statistics: statistics({ total: { ...requests(10_000), counters: { unasked: count } } }),
});

const asking = (expression: string, count: number, key = 'http_req_duration') => ({
  thresholds: parseThresholds({ [key]: [expression] }),
  statistics: statistics({ total: requests(count), requests: [requests(count, 'predict')] }),
});

const statistics = (change: Partial<MasterStatistics> = {}) =>
  makeStatistics({ total: requests(10_000), ...change });

const sound: ValidityEvidence = {
  samples: samplesWith(0),
  statistics: statistics(),
  window: { from: 0, to: 100 },
  workers: ['a', 'b'],
  thresholds: [],
  endedAt: new Date('2026-08-14T10:00:00Z'),
  length: {
    plannedSeconds: 10,
    measuredSeconds: 10,
    endedEarly: false,
    startedAt: 1000,
    sampledAt: [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009],
  },
  interactive: false,
  violations: [],
  contradictions: [],
};

const lasting = (change: Partial<ValidityEvidence['length']>) => ({ length: { ...sound.length, ...change } });
const happened = (change: Partial<TestEvent>) => ({
  statistics: statistics({
    events: [{ time: 1004, action: 'edit', accepted: true, detail: '60 users', ...change }],
  }),
});

/** Rule, what stays within its limit, what goes just beyond it, and what the reason says then. */
const cases: readonly [string, string, Partial<ValidityEvidence>, Partial<ValidityEvidence>, RegExp][] = [
  [
    'generator-cpu',
    'share of samples',
    { samples: samplesWith(5) },
    { samples: samplesWith(6) },
    /b used .* in 6 of 100 samples \(6 %\)/,
  ],
  [
    'generator-cpu',
    'percent',
    { samples: samplesWith(100, 90) },
    { samples: samplesWith(100, 90.1) },
    /\(100 %\), up to 90\.1 %/,
  ],
  [
    'generator-cpu',
    'of two days',
    { samples: new Array<Sample>(172_800).fill(sample(0, { a: 40 })) },
    { samples: new Array<Sample>(172_800).fill(sample(0, { a: 95 })) },
    /in 172800 of 172800 samples \(100 %\), up to 95 %/,
  ],
  ['event-loop-lag', 'p99', lag(10), lag(11), /p99 10\.04 ms, at most 10 ms/],
  [
    'load-length',
    'too long',
    lasting({ measuredSeconds: 12, sampledAt: [1003, 1006, 1009, 1011] }),
    lasting({ measuredSeconds: 12.1, sampledAt: [1003, 1006, 1009, 1011] }),
    /lasted 12\.1 s, and was planned for 10 s/,
  ],
  [
    'load-length',
    'too short',
    lasting({ measuredSeconds: 8, sampledAt: [1003, 1006] }),
    lasting({ measuredSeconds: 7.9, sampledAt: [1003, 1006] }),
    /lasted 7\.9 s, and was planned for 10 s/,
  ],
  [
    'load-length',
    'ended early for a reason of its own',
    lasting({ measuredSeconds: 4, sampledAt: [], endedEarly: true }),
    lasting({ measuredSeconds: 4, sampledAt: [1002] }),
    /lasted 4 s/,
  ],
  [
    'load-length',
    'a hole in the middle',
    lasting({ sampledAt: [1003, 1006, 1009] }),
    lasting({ sampledAt: [1003, 1006.1, 1009] }),
    /saw nothing of the load for 3\.1 s, from 3 s on/,
  ],
  [
    'load-length',
    'a hole at the start',
    lasting({ sampledAt: [1003, 1006, 1009] }),
    lasting({ sampledAt: [1004, 1007, 1009] }),
    /for 4 s, from 0 s on/,
  ],
  [
    'load-length',
    'a hole at the end',
    lasting({ sampledAt: [1003, 1005, 1007] }),
    lasting({ sampledAt: [1002, 1004, 1006] }),
    /for 4 s, from 6 s on/,
  ],
  [
    'events',
    'an edit',
    happened({ accepted: false }),
    happened({}),
    /^Somebody changed the load 4 s after its start: 60 users\.$/,
  ],
  [
    'events',
    'an edit of an interactive run',
    { ...happened({}), interactive: true },
    happened({ action: 'reset', detail: '' }),
    /^Somebody reset the statistics 4 s after its start\.$/,
  ],
  [
    'events',
    'its own start',
    happened({ action: 'start' }),
    happened({ action: 'stop' }),
    /stopped the load/,
  ],
  [
    'exceptions',
    'one',
    {},
    { statistics: statistics({ exceptions: [{ message: "KeyError: 'a'", count: 3, nodes: ['w1'] }] }) },
    /raised KeyError: 'a' \(3 × on w1\)/,
  ],
  ['accounting', 'a sum', {}, { violations: ['10 were due; 9 succeeded.'] }, /^10 were due/],
  ['unasked-answers', 'one', {}, unasked(1), /^The service sent answers .* on 1 connection: /],
  ['service-counts', 'a hit', {}, { contradictions: ['9 hits; the ring has 8.'] }, /^9 hits/],
  [
    'worker-stalled',
    'one hole',
    {},
    happened({ action: 'worker-stalled', detail: 'worker b stood still for 3.2 s' }),
    /^Worker b stood still for 3.2 s, as seen 4 s after/,
  ],
  ['worker-restarted', 'another id', {}, { workers: ['a'] }, /Worker b joined after/],
  [
    'worker-restarted',
    'one more than there are to be',
    { workers: ['a'], ...happened({ action: 'scale', workers: 2 }) },
    { workers: ['a'], ...happened({ action: 'scale', workers: 1 }) },
    /Worker b joined after/,
  ],
  [
    'events',
    'another number of workers',
    happened({ action: 'scale', workers: 3 }),
    happened({}),
    /changed the load/,
  ],
  [
    'resources-exhausted',
    'ports',
    failing('network error EHOSTUNREACH'),
    failing('network error EADDRNOTAVAIL'),
    /7 requests .* no local port/,
  ],
  [
    'resources-exhausted',
    'descriptors',
    failing('EMFILER'),
    failing('network error EMFILE'),
    /too many open files/,
  ],
  [
    'credentials-expired',
    'instant',
    { expiresAt: new Date('2026-08-14T10:00:01Z') },
    { expiresAt: new Date('2026-08-14T10:00:00Z') },
    /expired at 2026-08-14T10:00:00.000Z/,
  ],
  [
    'credentials-expired',
    'errors',
    failing('HTTP 403 AccessDeniedException'),
    failing('HTTP 403 ExpiredTokenException'),
    /7 requests failed with HTTP 403 ExpiredTokenException/,
  ],
  [
    'clock-skew',
    'errors',
    failing('HTTP 403 UnrecognizedClientException'),
    failing('HTTP 403 InvalidSignatureException'),
    /clock of a worker/,
  ],
  [
    'clock-skew',
    'measured behind',
    clock(300.4),
    clock(300.6),
    /of worker b is 301 s \(± 1 s\) behind the service's.* 300 s off, and 0 were refused/,
  ],
  ['clock-skew', 'measured ahead', clock(-300.4), clock(-300.6), /of worker b is 301 s \(± 1 s\) ahead of/],
  [
    'clock-skew',
    'measured, and refused',
    clock(299.4, 'HTTP 403 InvalidSignatureException'),
    clock(299.6, 'HTTP 403 InvalidSignatureException'),
    /of worker b .* and 7 were refused/,
  ],
  [
    'clock-skew',
    'of a service that does not mind',
    { ...clock(4000), clockToleranceSeconds: undefined },
    clock(4000),
    /worker b/,
  ],
  [
    'offered-rate',
    'dropped',
    openLoad(1000, 50),
    openLoad(1000, 51),
    /949 requests were sent of 1000 .*\(94.9 %.* 51 waited in vain while 50 others/,
  ],
  ['offered-rate', 'not kept up', openLoad(950, 0), openLoad(949, 0), /did not keep up/],
  [
    'offered-rate',
    'by chance',
    openLoad(860, 0, 'poisson'),
    openLoad(859, 0, 'poisson'),
    /859 requests were sent of 905/,
  ],
  [
    'percentile-samples',
    'p(95)',
    asking('p(95)<1', 100),
    asking('p(95)<1', 99),
    /needs at least 100 requests, measured 99/,
  ],
  [
    'percentile-samples',
    'p(99.9)',
    asking('p(99.9)<1', 5000),
    asking('p(99.9)<1', 4999),
    /needs at least 5000/,
  ],
  ['percentile-samples', 'med', asking('med<1', 10), asking('med<1', 9), /needs at least 10/],
  [
    'percentile-samples',
    'a name',
    asking('p(90)<1', 50, 'http_req_duration{name:predict}'),
    asking('p(90)<1', 49, 'http_req_duration{name:predict}'),
    /name:predict}: p\(90\)<1 needs/,
  ],
  [
    'percentile-samples',
    'a name that never came',
    asking('p(90)<1', 1, 'http_req_duration{name:nobody}'),
    asking('p(90)<1', 1, 'http_req_service'),
    /http_req_service/,
  ],
  ['percentile-samples', 'no percentile', asking('max<1', 1), asking('p(1)<1', 1), /needs at least 6/],
];

describe('a sound measurement', () => {
  it('has no problem', () => expect(findProblems(sound)).toEqual([]));
});

describe('each rule, on both sides of its limit', () => {
  it.each(cases)('%s: %s', (rule, _name, within, beyond, reason) => {
    expect(findProblems({ ...sound, ...within })).toEqual([]);
    const problems = findProblems({ ...sound, ...beyond });
    expect(problems.map((problem) => problem.rule)).toEqual([rule]);
    expect(problems[0]?.reason).toMatch(reason);
  });

  it('has a case here', () => expect(new Set(cases.map(([rule]) => rule))).toEqual(new Set(validityRuleIds)));

  it('is tolerable, but for those that make PASS true', () => {
    const others = validityRuleIds.filter((rule) => !(tolerableRuleIds as readonly string[]).includes(rule));
    expect(others).toEqual(['load-length', 'events', 'accounting', 'unasked-answers', 'service-counts']);
  });
});
