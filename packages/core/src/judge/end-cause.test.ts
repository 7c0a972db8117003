import { describe, expect, it } from 'vitest';
import { endedTest, statistics, test } from '../../test/statistics-fixture.js';
import type { MasterStatistics, TestEvent } from '../locust/statistics.js';
import type { Problem } from '../results/summary.js';
import { endProblems } from './end-cause.js';

const event = (action: string, change: Partial<TestEvent> = {}): TestEvent => ({
  time: 1003,
  action,
  accepted: true,
  detail: '',
  ...change,
});
const early = (endedBy: 'stop' | 'workers-lost' | 'other') => endedTest({ endedAt: 1004, endedBy });
const unknown = { problems: [], aborted: false };
const lost: Problem = { rule: 'worker-lost', reason: 'worker-1 was lost: signal SIGKILL' };

const cases: readonly [string, Partial<MasterStatistics>, typeof unknown | object, Problem[]][] = [
  ['its time is over', { test: endedTest() }, unknown, []],
  ['nothing is known of it', {}, unknown, []],
  ['it has not ended', { test: test() }, unknown, []],
  [
    'somebody stopped it',
    { test: early('stop'), events: [event('stop', { detail: 'by loadwright stop' })] },
    unknown,
    [{ rule: 'stopped', reason: 'The load was stopped from outside after 4 s (by loadwright stop).' }],
  ],
  [
    'somebody stopped it, after a stop that was refused',
    { test: early('stop'), events: [event('stop', { accepted: false, detail: 'web UI' })] },
    unknown,
    [{ rule: 'stopped', reason: 'The load was stopped from outside after 4 s.' }],
  ],
  ['the run stopped it itself', { test: early('stop') }, { problems: [], aborted: true }, []],
  [
    'a threshold stopped it',
    { test: early('stop') },
    { problems: [], aborted: false, stoppedEarly: true },
    [],
  ],
  ['the run stopped it for a worker', { test: early('stop') }, { problems: [lost], aborted: false }, []],
  [
    'its workers went missing',
    { test: early('workers-lost'), events: [event('worker-lost', { detail: 'a is missing.' })] },
    unknown,
    [{ rule: 'worker-lost', reason: 'A worker was lost after 3 s: a is missing.' }],
  ],
  [
    'its workers went missing, and nobody says which',
    { test: early('workers-lost') },
    unknown,
    [{ rule: 'worker-lost', reason: 'The load ended after 4 s, because workers went missing.' }],
  ],
  [
    'it ended by itself',
    { test: early('other'), exceptions: [{ message: 'StopUser', count: 1, nodes: ['a'] }] },
    unknown,
    [
      {
        rule: 'stopped',
        reason: 'The load ended by itself after 4 s. The Locust file raised StopUser.',
      },
    ],
  ],
  [
    'a worker was lost while the command slept',
    { test: endedTest(), events: [event('worker-lost', { detail: 'a' })] },
    unknown,
    [{ rule: 'worker-lost', reason: 'A worker was lost after 3 s: a.' }],
  ],
  [
    'a worker was lost, which is known',
    { test: endedTest(), events: [event('worker-lost')] },
    { problems: [lost], aborted: false },
    [],
  ],
  [
    'workers left after it',
    { test: endedTest(), events: [event('worker-lost', { time: 1011 })] },
    unknown,
    [],
  ],
];

describe('a load ends because', () => {
  it.each(cases)('%s', (_name, change, known, problems) => {
    expect(endProblems(statistics(change), known as typeof unknown)).toEqual(problems);
  });

  it('and only somebody who stopped it has stopped it', () => {
    for (const [, change, known, problems] of cases) {
      const isStopped = problems.some(({ reason }) => reason.includes('stopped from outside'));
      if (isStopped) expect(change.test?.endedBy).toBe('stop');
      expect(isStopped && (known as typeof unknown).aborted).toBe(false);
    }
  });
});
