import { describe, expect, it } from 'vitest';
import { judge, type Evidence } from './judge.js';

const held = { metric: 'http_req_duration', expression: 'p(95)<200', measured: 90, passed: true, unit: 'ms' };
const broken = { ...held, measured: 312.456, passed: false };
const evidence: Evidence = {
  thresholds: [held],
  problems: [],
  findings: [],
  tolerated: [],
  requests: 100,
  failures: 1,
  aborted: false,
};

describe('judge', () => {
  it.each<[string, Partial<Evidence>, string, RegExp]>([
    ['every threshold held', {}, 'PASS', /The threshold held/],
    ['nothing to judge', { thresholds: [] }, 'PASS', /No thresholds were set/],
    [
      'a broken threshold',
      { thresholds: [held, broken] },
      'FAIL',
      /p\(95\)<200 does not hold, measured 312.5 ms/,
    ],
    ['nothing measured', { thresholds: [{ ...broken, measured: null }] }, 'FAIL', /measured nothing/],
    [
      'a lost worker, thresholds broken too',
      { thresholds: [broken], problems: [{ rule: 'worker-lost', reason: 'worker-1 was lost' }] },
      'INVALID',
      /lost/,
    ],
    [
      'a rule of validity, thresholds held',
      { findings: [{ rule: 'clock-skew', reason: 'The clock is off.' }] },
      'INVALID',
      /The clock is off/,
    ],
    ['no request', { requests: 0, failures: 0 }, 'INVALID', /No request was answered/],
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

  it('only warns of what is tolerated', () => {
    const findings = [{ rule: 'event-loop-lag', reason: 'The loops were late.' }];
    expect(judge({ ...evidence, findings, tolerated: ['event-loop-lag'] })).toEqual({
      verdict: 'PASS',
      reasons: ['The threshold held.', 'Tolerated (event-loop-lag): The loops were late.'],
      warnings: findings,
    });
    expect(judge({ ...evidence, findings, tolerated: ['generator-cpu'] })).toMatchObject({
      verdict: 'INVALID',
      problems: findings,
    });
  });
});
