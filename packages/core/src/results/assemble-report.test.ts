import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  endedTest,
  request,
  row,
  rowOfRun,
  seriesTrend,
  seriesUpdate,
  stamp,
  statistics,
  test as runningTest,
  worker,
} from '../../test/statistics-fixture.js';
import { resolveLoad } from '../load/resolve.js';
import type { MasterStatistics, TestEvent } from '../locust/statistics.js';
import { pythonDirectory } from '../python-files.js';
import type { RunReport } from './summary.js';
import { parseRunReport } from './parse.js';
import type { SeriesRow, SeriesSample } from '../series/rows.js';
import { defineTarget } from '../target/define-target.js';
import { assembleReport, type Measurement } from './assemble-report.js';
import { prepare, withWorkers } from '../run/prepare.js';
import { parseThresholds, type Threshold } from '../judge/thresholds/parse.js';
import { RunSeries } from '../measure/run-series.js';

const target = defineTarget({
  specificationVersion: 1,
  kind: 'paper',
  summary: 'a service that is never asked',
  options: z.strictObject({}),
  example: {},
  locustfile: new URL('loadwright_runtime/load/user.py', pythonDirectory),
  host: () => 'http://127.0.0.1:9',
  targetConfig: () => ({}),
});
const prepared = withWorkers(
  prepare({
    target: target({}),
    load: { users: 1, duration: '10s' },
    thresholds: { http_req_duration: ['p(90)<100'] },
    environment: {},
  }),
  1,
);

const rows = Array.from({ length: 10 }, (_, second) => [
  row(
    second,
    Array.from({ length: 20 }, () => 5),
  ),
  rowOfRun(second, { ended: 20 }),
]).flat();
const stamps = Array.from({ length: 10 }, (_, index) =>
  stamp(index + 1, { workers: [{ id: 'a', state: 'running', cpuPercent: 10 }] }),
);
const all = request(
  'predict',
  Array.from({ length: 200 }, () => 5),
);
const sound = statistics({
  test: endedTest(),
  workers: [worker('a')],
  total: { ...all, method: '', name: 'Aggregated' },
  requests: [all],
});

interface Run {
  readonly statistics?: MasterStatistics | undefined;
  readonly rows?: readonly SeriesRow[];
  readonly thresholds?: readonly Threshold[];
  readonly stamps?: readonly SeriesSample[];
  readonly observation?: Partial<Measurement['observation']>;
  readonly ending?: Partial<Measurement['ending']>;
  readonly options?: Partial<Measurement['options']>;
}

/** The report of a run of ten seconds that was as it should be, but for what is said. */
function reportOf(run: Run = {}): RunReport {
  const last = 'statistics' in run ? run.statistics : sound;
  const series = new RunSeries();
  series.add(seriesUpdate({ rows: run.rows ?? rows, samples: run.stamps ?? stamps }));
  const report = assembleReport({
    runId: 'run-1',
    ready: {
      test: { ...prepared, thresholds: run.thresholds ?? prepared.thresholds },
      handle: { fleetId: 'fleet-1', expectedWorkers: 1 },
      folder: { directory: '/results' },
      bundleDigest: '',
      preflight: { record: undefined },
    } as unknown as Measurement['ready'],
    options: { fleet: { kind: 'local' }, ...run.options } as Measurement['options'],
    plan: resolveLoad(prepared.load, 'sequential', 1),
    startedAt: new Date(0),
    observation: {
      before: statistics({ workers: [worker('a', 'ready')] }),
      statistics: last,
      problems: [],
      aborted: false,
      ...run.observation,
    },
    ending: { statistics: last, problems: [], aborted: false, ...run.ending },
    series,
  });
  // Whatever happened: the report can be read.
  return parseRunReport(JSON.parse(JSON.stringify(report)) as unknown);
}

const event = (change: Partial<TestEvent>): TestEvent => ({
  time: 1004,
  action: 'edit',
  accepted: true,
  detail: 'edit in the web UI',
  ...change,
});
const failed = (count: number): Run => {
  const failures = { status: count };
  const first = { ...rows[0]!, succeeded: 20 - count, failed: count, failures };
  const changed = { ...all, succeeded: 200 - count, failed: count };
  const error = { method: 'POST', name: 'predict', kind: 'status', error: 'HTTP 500', occurrences: count };
  return {
    rows: [first, ...rows.slice(1)],
    statistics: {
      ...sound,
      total: { ...changed, method: '', name: 'Aggregated' },
      requests: [changed],
      errors: [error],
    },
  };
};

/** What may happen to a run; none of it may pass. */
const lies: readonly [string, Run, RegExp][] = [
  ['too long', { statistics: { ...sound, test: endedTest({ endedAt: 1013 }) } }, /^The load lasted 13 s/],
  [
    'too short',
    { statistics: { ...sound, test: endedTest({ endedAt: 1007 }) } },
    /^The load lasted 7 s, and was planned for 10 s/,
  ],
  ['a hole', { stamps: stamps.filter(({ second }) => second < 3 || second > 6) }, /saw nothing .* for 5 s/],
  ['no sample', { stamps: [] }, /saw nothing of the load for 10 s/],
  ['a lost second', { rows: rows.slice(0, -2) }, /The sums of the seconds are not those of the total/],
  [
    'a request in flight',
    { statistics: { ...sound, inFlight: { count: 1, oldestSeconds: 3 } } },
    /1 were still in flight/,
  ],
  ['a report that never came', { statistics: { ...sound, missingReports: 1 } }, /^1 reports of workers/],
  ['an edit', { statistics: { ...sound, events: [event({})] } }, /^Somebody changed the load 4 s/],
  ['a reset', { statistics: { ...sound, events: [event({ action: 'reset' })] } }, /reset the statistics/],
  [
    'a stop',
    {
      statistics: {
        ...sound,
        test: endedTest({ endedAt: 1009, endedBy: 'stop' }),
        events: [event({ action: 'stop', time: 1009, detail: 'stop in the web UI' })],
      },
    },
    /^The load was stopped from outside after 9 s \(stop in the web UI\)\.$/,
  ],
  [
    'a stop of an interactive run',
    {
      options: { interactive: true },
      statistics: { ...sound, test: endedTest({ endedAt: 1009, endedBy: 'stop' }) },
    },
    /^The load was stopped from outside/,
  ],
  [
    'a worker that went missing',
    { statistics: { ...sound, events: [event({ action: 'worker-lost', detail: 'worker a' })] } },
    /^A worker was lost after 4 s: worker a\.$/,
  ],
  [
    'all workers gone',
    { statistics: { ...sound, test: endedTest({ endedAt: 1004, endedBy: 'workers-lost' }) } },
    /because workers went missing/,
  ],
  [
    'a load that could not be stopped',
    { ending: { problems: [{ rule: 'not-stopped', reason: 'The load could not be stopped.' }] } },
    /could not be stopped/,
  ],
  [
    'a load whose end nobody saw',
    { statistics: { ...sound, test: runningTest(), time: 1020 } },
    /^The load lasted 20 s/,
  ],
  [
    'an exception',
    { statistics: { ...sound, exceptions: [{ message: 'KeyError', count: 1, nodes: ['a'] }] } },
    /raised KeyError/,
  ],
  ['another worker', { observation: { before: statistics() } }, /^Worker a joined after/],
  ['an interruption', { observation: { aborted: true } }, /^The run was stopped before its end/],
  ['an interruption of the end', { ending: { aborted: true } }, /^The run was stopped before its end/],
  [
    'nothing at all',
    { statistics: undefined, rows: [], stamps: [] },
    /^No figures of the load could be read/,
  ],
  [
    'failures',
    failed(3),
    /^http_req_failed: rate<0\.01 does not hold, measured 1\.5 %\. This threshold is a def/,
  ],
];

describe('a run', () => {
  it('that a threshold has stopped is FAIL, also when that threshold holds again at the end', () => {
    const stoppedEarly = {
      threshold: prepared.thresholds[0]!,
      afterSeconds: 6.02,
      measured: 250,
      unit: 'ms',
    };
    const until = 6;
    const half = request(
      'predict',
      Array.from({ length: 20 * until }, () => 5),
    );
    const run: Run = {
      observation: { stoppedEarly },
      rows: rows.filter(({ second }) => second < until),
      stamps: stamps.filter(({ second }) => second <= until),
      statistics: {
        ...sound,
        test: endedTest({ endedAt: 1000 + until, endedBy: 'stop' }),
        total: { ...half, method: '', name: 'Aggregated' },
        requests: [half],
      },
    };
    const report = reportOf(run);
    expect(report).toMatchObject({
      verdict: 'FAIL',
      aborted: false,
      reasons: ['Stopped early: after 6 s http_req_duration: p(90)<100 did not hold, measured 250 ms.'],
      accounting: { holds: true },
    });
    expect(report.thresholds).toMatchObject([
      { metric: 'http_req_duration', passed: false, measured: 250, stoppedAfterSeconds: 6 },
      { metric: 'http_req_failed', passed: true },
    ]);
    expect(parseRunReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
    // Whatever else is wrong with it is no better for that.
    const changed = [event({ action: 'reset', detail: 'web UI' })];
    expect(reportOf({ ...run, statistics: { ...run.statistics!, events: changed } }).verdict).toBe('INVALID');
    const hole = run.stamps!.filter(({ second }) => second < 2 || second > 5);
    expect(reportOf({ ...run, stamps: hole }).verdict).toBe('INVALID');
  });

  it('passes when nothing is wrong with it', () => {
    const report = reportOf();
    expect(report).toMatchObject({
      schemaVersion: 2,
      verdict: 'PASS',
      reasons: ['All 2 thresholds held.'],
      accounting: { due: 200, succeeded: 200, holds: true },
      loadSeconds: 10,
    });
    expect(report).not.toHaveProperty('warnings');
  });

  it.each(lies)('does not pass: %s', (_name, run, reason) => {
    const report = reportOf(run);
    expect(report.verdict).not.toBe('PASS');
    expect(report.reasons[0]).toMatch(reason);
  });

  it.each(lies)('does not pass, whatever is tolerated: %s', (name, run) => {
    const tolerate = ['worker-restarted', 'exceptions'] as const;
    const report = reportOf({ ...run, options: { ...run.options, tolerate } });
    const isTolerated = name === 'an exception' || name === 'another worker';
    expect(report.verdict === 'PASS').toBe(isTolerated);
  });

  it('means, when it passes, a load as long as planned, without a hole, with every request accounted for', () => {
    // Any length, and any samples: seconds that a seeded choice leaves out.
    let passed = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const length = 6 + (seed % 9);
      const kept = stamps.filter(({ second }) => (seed * 7 + second * second * 3) % 4 !== 0);
      const report = reportOf({
        statistics: { ...sound, test: endedTest({ endedAt: 1000 + length }) },
        stamps: kept,
      });
      if (report.verdict !== 'PASS') continue;
      passed += 1;
      const times = [0, ...kept.map(({ second }) => second), length].sort((one, other) => one - other);
      const longest = Math.max(...times.slice(1).map((time, index) => time - times[index]!));
      expect(Math.abs(length - 10), `seed ${seed}`).toBeLessThanOrEqual(2);
      expect(longest, `seed ${seed}`).toBeLessThanOrEqual(3);
      expect(report.accounting?.holds).toBe(true);
    }
    expect(passed).toBeGreaterThan(20);
  });

  it('says beside its verdict what is worth knowing', () => {
    const report = reportOf({
      options: { interactive: true },
      statistics: {
        ...sound,
        versionWarning: 'Locust 2.50 is not among the tested versions.',
        refusedReports: 2,
        events: [event({}), event({ action: 'reset', accepted: false, detail: 'run-1 measures' })],
      },
      rows: [...rows, rowOfRun(2, { counters: { retried_idle: 1 } })],
    });
    expect(report).toMatchObject({ verdict: 'PASS', interactive: true });
    expect(report.warnings).toEqual([
      { rule: 'retried', reason: expect.stringMatching(/^1 of 200 requests \(0\.5 %\)/) as string },
      { rule: 'locust-version', reason: 'Locust 2.50 is not among the tested versions.' },
      { rule: 'refused-reports', reason: expect.stringMatching(/^The master refused 2/) as string },
      { rule: 'events', reason: 'Somebody changed the load 4 s after its start: edit in the web UI.' },
      {
        rule: 'events',
        reason:
          'Somebody tried to reset the statistics 4 s after its start, and was refused: run-1 measures.',
      },
    ]);
    expect(report.reasons).toHaveLength(6);
  });

  it('warns where a threshold holds over a part of the requests alone', () => {
    const half = { http_req_first_byte: seriesTrend(Array.from({ length: 10 }, () => 2)) };
    const report = reportOf({
      thresholds: parseThresholds({ http_req_first_byte: ['avg<100'] }),
      rows: rows.map((one) => (one.name === '' ? one : { ...one, trends: { ...one.trends, ...half } })),
    });
    expect(report).toMatchObject({ verdict: 'PASS', warnings: [{ rule: 'missing-values' }] });
    expect(report.reasons[1]).toContain('http_req_first_byte was measured for 100 of 200 requests');
  });
});
