import { describe, expect, it } from 'vitest';
import { judge, type Evidence } from './judge.js';

const held = { metric: 'http_req_duration', expression: 'p(95)<200', measured: 90, passed: true, unit: 'ms' };
const broken = { ...held, measured: 312.456, passed: false };
const evidence: Evidence = {
  thresholds: [held],
  problems: [],
  findings: [],
  notes: [],
  tolerated: {},
  due: 100,
  requests: 100,
  failures: 1,
  aborted: false,
  isRead: true,
};

describe('judge', () => {
  it.each<[string, Partial<Evidence>, string, RegExp]>([
    ['every threshold held', {}, 'PASS', /The threshold held/],
    ['nothing to judge', { thresholds: [] }, 'PASS', /No thresholds were set/],
    [
      'a broken threshold',
      { thresholds: [held, broken] },
      'FAIL',
      /p\(95\)<200 does not hold, measured 312.456 ms/,
    ],
    ['nothing measured', { thresholds: [{ ...broken, measured: null }] }, 'FAIL', /measured nothing/],
    [
      'a rule of validity, thresholds held',
      { findings: [{ rule: 'clock-skew', reason: 'The clock is off.' }] },
      'INVALID',
      /The clock is off/,
    ],
    ['no figures', { due: 0, requests: 0, failures: 0, isRead: false }, 'INVALID', /^No figures of the load/],
    ['no request', { due: 0, requests: 0, failures: 0 }, 'INVALID', /^No request was made\.$/],
    [
      'no request, for a reason',
      { due: 0, requests: 0, failures: 0, exception: 'ValueError: no rows.' },
      'INVALID',
      /^No request was made: the Locust file raised ValueError: no rows\.$/,
    ],
    [
      'none but dropped requests',
      { due: 7, requests: 0, failures: 0 },
      'INVALID',
      /No request was answered: 7 were due/,
    ],
    ['nothing but failures', { failures: 100 }, 'INVALID', /All 100 requests failed/],
    ['stopped by the user', { aborted: true }, 'INVALID', /stopped before its end/],
  ])('%s', (_name, change, verdict, reason) => {
    const result = judge({ ...evidence, ...change });
    expect(result.verdict).toBe(verdict);
    expect(result.reasons.join(' ')).toMatch(reason);
    expect(result.problems?.map((problem) => problem.reason)).toEqual(
      verdict === 'INVALID' ? result.reasons : undefined,
    );
  });

  it('tells what broke beside what cannot be trusted', () => {
    const problems = [{ rule: 'worker-lost', reason: 'worker-1 was lost.' }];
    const unmeasured = { ...broken, measured: null };
    expect(judge({ ...evidence, problems, thresholds: [held, broken, unmeasured] })).toEqual({
      verdict: 'INVALID',
      reasons: ['worker-1 was lost.', 'http_req_duration: p(95)<200 does not hold, measured 312.456 ms.'],
      problems,
    });
  });

  it('says how many of the requests succeeded, and which threshold is a default', () => {
    const failed = {
      metric: 'http_req_failed',
      expression: 'rate<0.01',
      measured: 0.78,
      passed: false,
      unit: 'share',
      isDefault: true as const,
    };
    const { verdict, reasons } = judge({
      ...evidence,
      failures: 78,
      thresholds: [{ ...broken, over: 100, succeeded: 22 }, failed],
    });
    expect(verdict).toBe('FAIL');
    expect(reasons).toEqual([
      'http_req_duration: p(95)<200 does not hold, measured 312.456 ms over 100 requests, of which 22 succeeded.',
      'http_req_failed: rate<0.01 does not hold, measured 78 %. This threshold is a default: write one on http_req_failed to change it.',
    ]);
    expect(judge({ ...evidence, thresholds: [{ ...failed, measured: 0, passed: true }] }).reasons).toEqual([
      'No thresholds were set; the default held (http_req_failed: rate<0.01).',
    ]);
  });

  it('puts notes beside every verdict', () => {
    const notes = [{ rule: 'stall', reason: 'Nothing was answered.' }];
    expect(judge({ ...evidence, notes })).toEqual({
      verdict: 'PASS',
      reasons: ['The threshold held.', 'Warning (stall): Nothing was answered.'],
      warnings: notes,
    });
  });

  it('only warns of what is tolerated', () => {
    const findings = [{ rule: 'event-loop-lag', reason: 'The loops were late.' }];
    expect(judge({ ...evidence, findings, tolerated: { 'event-loop-lag': undefined } })).toEqual({
      verdict: 'PASS',
      reasons: ['The threshold held.', 'Tolerated (event-loop-lag): The loops were late.'],
      warnings: findings,
    });
    expect(judge({ ...evidence, findings, tolerated: { 'generator-cpu': undefined } })).toMatchObject({
      verdict: 'INVALID',
      problems: findings,
    });
  });

  it('says why something is tolerated, where the configuration does', () => {
    const findings = [{ rule: 'event-loop-lag', reason: 'The loops were late.' }];
    expect(
      judge({ ...evidence, findings, tolerated: { 'event-loop-lag': 'a shared machine' } }),
    ).toMatchObject({
      verdict: 'PASS',
      warnings: [
        { rule: 'event-loop-lag', reason: 'The loops were late. Tolerated because: a shared machine' },
      ],
    });
  });

  describe('of a load that a threshold has stopped', () => {
    const stoppedEarly = 'Stopped early: after 12 s http_req_failed: rate<0.1 did not hold, measured 100 %.';
    const thresholds = [
      {
        ...{ metric: 'http_req_failed', expression: 'rate<0.1', unit: 'share', measured: 1, passed: false },
        stoppedAfterSeconds: 12,
      },
    ];
    const early = { ...evidence, thresholds, stoppedEarly };

    it('is FAIL with that as its first reason, also where every request failed', () => {
      expect(judge({ ...early, failures: evidence.requests })).toEqual({
        verdict: 'FAIL',
        reasons: [stoppedEarly],
      });
    });

    it('only warns of percentiles for which the load was now too short', () => {
      const findings = [{ rule: 'percentile-samples', reason: 'p(99) needs 500 requests.' }];
      expect(judge({ ...early, findings })).toMatchObject({ verdict: 'FAIL', warnings: findings });
    });

    it('is INVALID where the measurement cannot be trusted', () => {
      const findings = [{ rule: 'accounting', reason: 'A request has two outcomes.' }];
      expect(judge({ ...early, findings })).toMatchObject({ verdict: 'INVALID', problems: findings });
    });
  });
});
