import { expect, test } from 'vitest';
import { judge } from '../judge/judge.js';
import { verdictView } from './verdict-view.js';

const broken = {
  metric: 'http_req_duration',
  expression: 'p(95)<200',
  passed: false,
  measured: 250,
  unit: 'ms',
};
const lag = { rule: 'event-loop-lag', reason: 'The event loops were late.' };
const stall = { rule: 'stall', reason: 'Nothing was answered from 84 s to 95 s.' };
const evidence = {
  thresholds: [broken],
  problems: [],
  findings: [lag],
  notes: [stall],
  tolerated: {},
  due: 10,
  requests: 10,
  failures: 0,
  aborted: false,
  isRead: true,
};

test('keeps what makes a run INVALID, what broke and what warns apart', () => {
  expect(verdictView(judge(evidence))).toEqual({
    reasons: ['The event loops were late.'],
    broken: ['http_req_duration: p(95)<200 does not hold, measured 250 ms.'],
    warnings: ['Nothing was answered from 84 s to 95 s.'],
  });
});

test('a broken threshold is the reason of FAIL, and what was tolerated is named so', () => {
  expect(verdictView(judge({ ...evidence, tolerated: { 'event-loop-lag': undefined } }))).toEqual({
    reasons: ['http_req_duration: p(95)<200 does not hold, measured 250 ms.'],
    broken: [],
    warnings: [
      'Tolerated (event-loop-lag): The event loops were late.',
      'Nothing was answered from 84 s to 95 s.',
    ],
  });
});

test('loses no reason of a report whose rules are unknown', () => {
  const report = { verdict: 'INVALID', reasons: ['A worker was lost.', 'And more.'] } as const;
  expect(verdictView(report)).toEqual({ reasons: report.reasons, broken: [], warnings: [] });
});
