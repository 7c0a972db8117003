import { describe, expect, it } from 'vitest';
import { makePairs, makeRun, type ServiceModel } from '../../test/compared-run-fixture.js';
import type { RunReport } from '../results/summary.js';
import { uniformNumbers } from '../values/random.js';
import { compareRuns } from './compare.js';
import type { CompareOptions, Comparison } from './contract.js';
import { describeConclusion } from './format.js';
import { renderComparisonJunit } from './render/junit.js';
import { renderComparisonMarkdown } from './render/markdown.js';

const short: ServiceModel = { seconds: 20, perSecond: 60 };
const p95Of = ({ figures }: Comparison) =>
  figures.find(({ figure }) => figure === 'http_req_duration p(95)')!;
const single = (candidate: Partial<RunReport> = {}, model: ServiceModel = short) => {
  const uniform = uniformNumbers(3);
  return [[makeRun(1, short, uniform)], [makeRun(2, model, uniform, candidate)]] as const;
};

describe('pairs of runs', () => {
  const { baseline, candidate } = makePairs(6, short, { ...short, median: 26 }, uniformNumbers(5));

  it('show a difference, with its interval and the pairs that would find the margin', () => {
    const comparison = compareRuns(baseline, candidate);
    expect(comparison).toMatchObject({ method: 'paired', notes: [], reasons: [] });
    expect(comparison.verdict).toBeUndefined();
    const { difference, interval, conclusion, worse, pairsNeeded } = p95Of(comparison);
    expect(difference).toBeGreaterThan(0.15);
    expect(interval![0]).toBeLessThan(0.3);
    expect(interval![1]).toBeGreaterThan(0.3);
    expect([conclusion, worse]).toEqual(['higher', 'higher']);
    expect(pairsNeeded).toBeGreaterThanOrEqual(2);
  });

  it('need more of them for a greater power, as a table of t says', () => {
    const needed = (power?: number) =>
      p95Of(compareRuns(baseline, candidate, { margin: 0.02, ...(power !== undefined && { power }) }))
        .pairsNeeded!;
    expect(needed()).toBe(needed(0.9));
    // By normal quantiles: ((1.960 + 1.282) / (1.960 + 0.842))² and ((1.960 + 2.326) / (1.960 + 0.842))².
    expect(needed(0.9) / needed(0.8)).toBeCloseTo(1.34, 1);
    expect(needed(0.99) / needed(0.8)).toBeCloseTo(2.34, 1);
  });

  it('have the interval of the t-test by hand', () => {
    const values = (runs: typeof baseline) =>
      runs.map(
        (run) =>
          compareRuns([run], [makeRun(99, short, uniformNumbers(1))], { resamples: 1 }).figures[3]!.baseline!,
      );
    const [before, after] = [values(baseline), values(candidate)];
    const logs = after.map((value, index) => Math.log(value / before[index]!));
    const mean = logs.reduce((sum, value) => sum + value, 0) / 6;
    const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5);
    // Student's t, 97.5 %, 5 degrees of freedom, from a printed table.
    const reach = (2.5706 * deviation) / Math.sqrt(6);
    const { difference, interval } = p95Of(compareRuns(baseline, candidate));
    expect(difference).toBeCloseTo(Math.exp(mean) - 1, 10);
    expect(interval![0]).toBeCloseTo(Math.exp(mean - reach) - 1, 4);
    expect(interval![1]).toBeCloseTo(Math.exp(mean + reach) - 1, 4);
  });

  it('are groups when they were not made in turn, and say so', () => {
    const uniform = uniformNumbers(5);
    const [one, other] = [
      [1, 2, 3].map((number) => makeRun(number, short, uniform)),
      [4, 5, 6].map((number) => makeRun(number, short, uniform)),
    ];
    const comparison = compareRuns(one, other);
    expect(comparison.method).toBe('grouped');
    expect(comparison.notes.join()).toContain('not made in turn');
    expect(compareRuns(one, other.slice(0, 1)).method).toBe('grouped');
  });

  it('fail on a condition beyond which the whole interval lies, and on no other', () => {
    const failIf = ['p(95)>+5%', 'http_reqs rate<-5%', 'http_req_failed rate>+0.5pp'];
    const comparison = compareRuns(baseline, candidate, { failIf });
    expect(comparison.verdict).toBe('FAIL');
    expect(comparison.gates.map(({ passed }) => passed)).toEqual([false, true, true]);
    expect(comparison.gates[0]!.judged!.level).toBeCloseTo(0.025 / 3, 10);
    expect(comparison.reasons.join()).toMatch(/p\(95\)>\+5%: the difference is \+\d+(\.\d+)? %/);
    expect(compareRuns(candidate, baseline, { failIf }).verdict).toBe('PASS');
  });
});

describe('what is required', () => {
  const uniform = uniformNumbers(8);
  const noisy = { ...short, runVariation: 0.3 };
  const sides = {
    equal: makePairs(6, short, short, uniform),
    worse: makePairs(6, short, { ...short, median: 30 }, uniform),
    better: makePairs(6, short, { ...short, median: 15 }, uniform),
    unclear: makePairs(3, noisy, noisy, uniform),
  };
  const judge = (name: keyof typeof sides, options: CompareOptions) =>
    compareRuns(sides[name].baseline, sides[name].candidate, options);
  const require = ['p(95)<+15%'];

  it.each([
    ['equal', 'PASS', /p\(95\)<\+15% is shown: the difference is from/],
    ['better', 'PASS', /is shown/],
    ['worse', 'FAIL', /is required and does not hold: the difference is \+/],
    [
      'unclear',
      'INVALID',
      /is required and not shown: .* If both sides are equal, \d+ pairs would show it\./,
    ],
  ] as const)('of sides that are %s gives %s', (name, verdict, reason) => {
    const comparison = judge(name, { require });
    expect(comparison.reasons.join()).toMatch(reason);
    expect(comparison.verdict).toBe(verdict);
    expect(comparison.gates).toMatchObject([
      { kind: 'require', outcome: verdict, passed: verdict === 'PASS', judged: { level: 0.025 } },
    ]);
    const junit = renderComparisonJunit(comparison);
    expect(junit.includes('<failure')).toBe(verdict === 'FAIL');
    expect(junit.includes('<error')).toBe(verdict === 'INVALID');
    expect(renderComparisonMarkdown(comparison)).toContain(`### ${verdict}`);
  });

  it('is not what fails without being shown: too few runs pass the one, and not the other', () => {
    expect(judge('unclear', { failIf: ['p(95)>+15%'] }).verdict).toBe('PASS');
    expect(judge('unclear', { failIf: ['p(95)>+15%'], require }).verdict).toBe('INVALID');
  });

  it('of throughput is a limit below', () => {
    expect(judge('equal', { require: ['http_reqs rate>-5%'] }).verdict).toBe('PASS');
    expect(judge('equal', { require: ['http_reqs rate>+5%'] }).verdict).toBe('FAIL');
  });

  it('shares the level with the other conditions, each counted once', () => {
    const { gates, verdict } = judge('worse', {
      failIf: ['p(99)>+5%', 'http_req_failed rate>+1pp'],
      require,
    });
    expect(gates.map(({ judged }) => judged!.level).sort()).toEqual([0.025 / 3, 0.025 / 2, 0.025].sort());
    expect([verdict, ...gates.map(({ outcome }) => outcome)]).toEqual(['FAIL', 'FAIL', 'PASS', 'FAIL']);
  });

  it('cannot be judged by one run a side', () => {
    const [[baseline], [candidate]] = single();
    const comparison = compareRuns([baseline!], [candidate!], { require, resamples: 100 });
    expect(comparison).toMatchObject({ verdict: 'INVALID', gates: [{ outcome: 'INVALID', judged: null }] });
    expect(
      compareRuns([baseline!], [candidate!], { require: ['p(95)<+50%'], runVariation: 0.01 }).verdict,
    ).toBe('PASS');
  });

  it('names its option in a message', () => {
    expect(() => judge('equal', { require: ['p95<5%'] })).toThrow(
      /require \(--require\) "p95<5%": expected a difference/,
    );
  });

  it('is a conclusion too: perhaps better, and not worse by the margin', () => {
    const { baseline, candidate } = makePairs(
      4,
      { ...short, runVariation: 0.08 },
      { ...short, runVariation: 0.08, median: 19 },
      uniformNumbers(6),
    );
    const [low, high] = p95Of(compareRuns(baseline, candidate)).interval!;
    expect([low < -high, high > 0]).toEqual([true, true]);
    const concluded = (margin: number) => p95Of(compareRuns(baseline, candidate, { margin }));
    expect(concluded(high * 1.01).conclusion).toBe('no-worse');
    expect(concluded(high * 0.99).conclusion).toBe('undecided');
    expect(concluded(-low * 1.01).conclusion).toBe('same');
    expect(describeConclusion(concluded(high * 1.01), { margin: 0.05, method: 'paired' })).toBe(
      'no worse than 5 %',
    );
  });
});

describe('one run a side', () => {
  it('gives an interval for these two runs, and judges no condition', () => {
    const [baseline, candidate] = single({}, { ...short, median: 26 });
    const comparison = compareRuns(baseline, candidate, { failIf: ['p(95)>+5%'] });
    expect(comparison).toMatchObject({ method: 'single', verdict: 'INVALID' });
    expect(comparison.notes.join()).toContain('about these two runs alone');
    expect(comparison.reasons.join()).toContain('one run a side');
    expect(p95Of(comparison)).toMatchObject({ conclusion: 'higher' });
    expect(p95Of(comparison).pairsNeeded).toBeUndefined();
  });

  it('is judged with a known variation between runs, and then finds less', () => {
    const [baseline, candidate] = single({}, { ...short, median: 26 });
    const failIf = ['p(95)>+5%'];
    const sure = compareRuns(baseline, candidate, { failIf, runVariation: 0.01 });
    const unsure = compareRuns(baseline, candidate, { failIf, runVariation: 0.2 });
    expect([sure.verdict, unsure.verdict]).toEqual(['FAIL', 'PASS']);
    const width = ({ interval }: { interval: readonly [number, number] | null }) =>
      interval![1] - interval![0];
    expect(width(p95Of(unsure))).toBeGreaterThan(3 * width(p95Of(sure)));
    expect(compareRuns(baseline, candidate, { failIf, runVariation: 0.2 })).toEqual(unsure);
  });

  it('leaves out what neither side measured, unless a condition names it', () => {
    const metrics = { tokens: { kind: 'trend', unit: 'tokens', description: 'never recorded' } } as const;
    const [[one], [other]] = single();
    const sides = [one!, other!].map(({ report, series }) => [
      { report: { ...report, metrics }, series: { ...series, header: { ...series.header, metrics } } },
    ]);
    const named = (failIf: string[]) =>
      compareRuns(sides[0]!, sides[1]!, { failIf, resamples: 10 }).figures.map(({ figure }) => figure);
    expect(named([]).join()).not.toContain('tokens');
    expect(named(['tokens med>+5%'])).toContain('tokens med');
  });

  const family = 'entry_node_*';
  const skew = { members: 2, mean: 5, largest: { name: 'a', count: 6 }, skew: 1.2 };
  it.each([
    ['which has a skew', { families: [family], skews: { [family]: skew } }],
    ['whose skew is unknown', { families: [family, 'entry_node_id_*'] }],
    ['of a report that names no others', { skews: { [family]: skew } }],
  ])('leaves out what each member of a family had, %s, unless a condition names it', (_what, known) => {
    const counter = { kind: 'counter', unit: '', description: 'answers' } as const;
    const metrics = { entry_node_a: counter, entry_node_b: counter, hits: counter };
    const [[one], [other]] = single();
    const counters = { entry_node_a: 60, entry_node_b: 40, hits: 90 };
    const sides = [one!, other!].map(({ report, series: { header, rows } }) => [
      {
        report: { ...report, metrics, ...known },
        series: { header: { ...header, metrics }, rows: rows.map((row) => ({ ...row, counters })) },
      },
    ]);
    const named = (failIf: string[]) =>
      compareRuns(sides[0]!, sides[1]!, { failIf, resamples: 10 }).figures.map(({ figure }) => figure);
    expect(named([]).filter((figure) => /node|hits/.test(figure))).toEqual(['hits rate']);
    expect(named(['entry_node_b rate>+5%'])).toContain('entry_node_b rate');
  });

  it('finds no difference of a run to a copy of it', () => {
    const [[run]] = single();
    const copy = { ...run!, report: { ...run!.report, runId: 'run-2' } };
    const { figures } = compareRuns([run!], [copy]);
    expect(p95Of({ figures } as Comparison)).toMatchObject({ difference: 0 });
    expect(figures.find(({ figure }) => figure === 'http_req_failed rate')).toMatchObject({
      ...{ baseline: 0, candidate: 0, difference: 0, conclusion: 'same', scale: 'difference' },
    });
  });
});

describe('status codes', () => {
  const codeOf = ({ codes }: Comparison, wanted: string) => codes.find(({ code }) => code === wanted)!;

  it('are shares of the requests that ended, in pairs with the t-test of all shares', () => {
    const { baseline, candidate } = makePairs(
      6,
      { ...short, failing: 0.02 },
      { ...short, failing: 0.1 },
      uniformNumbers(5),
    );
    const comparison = compareRuns(baseline, candidate);
    expect(comparison.codes.map(({ code, figure }) => [code, figure])).toEqual([
      ['200', '200'],
      ['503', '503'],
    ]);
    const failed = comparison.figures.find(({ figure }) => figure === 'http_req_failed rate')!;
    const { code, figure, worse, ...share } = codeOf(comparison, '503');
    // Every failure has this code, so that its share is that of failures; but that one is worse is not known.
    expect(share).toEqual({ ...failed, figure: undefined, worse: undefined });
    expect(share).toMatchObject({ scale: 'difference', conclusion: 'higher' });
    expect([code, figure, worse]).toEqual(['503', '503', undefined]);
    expect(share.difference).toBeCloseTo(-codeOf(comparison, '200').difference!, 10);
    expect(share.pairsNeeded).toBeGreaterThanOrEqual(2);
  });

  it('that one side alone has are none of the other, and what has no answer is worse', () => {
    const uniform = uniformNumbers(3);
    const baseline = makeRun(1, short, uniform);
    const candidate = makeRun(2, { ...short, failing: 0.2, code: 'timeout' }, uniform);
    const comparison = compareRuns([baseline], [candidate]);
    const { series } = candidate;
    const timeouts = series.rows.reduce((sum, { codes }) => sum + (codes!['timeout'] ?? 0), 0);
    expect(codeOf(comparison, 'timeout')).toMatchObject({
      ...{ figure: 'no answer: timeout', baseline: 0, candidate: timeouts / 1200, worse: 'higher' },
      conclusion: 'higher',
    });
    // One run a side shows nothing of other runs: it has no number of pairs, and the note.
    expect(codeOf(comparison, 'timeout').pairsNeeded).toBeUndefined();
    expect(comparison.notes.join()).toContain('about these two runs alone');
  });

  it('are undecided where the seconds of two single runs differ as much as the runs', () => {
    const uniform = uniformNumbers(4);
    const shaken = (number: number, every: number) => {
      const run = makeRun(number, short, uniform);
      const rows = run.series.rows.map((row, second) => ({
        ...row,
        codes: { [second % every === 0 ? '503' : '200']: 60 },
      }));
      return { ...run, series: { ...run.series, rows } };
    };
    const comparison = compareRuns([shaken(1, 4)], [shaken(2, 5)]);
    expect(codeOf(comparison, '503')).toMatchObject({ baseline: 0.25, candidate: 0.2 });
    expect(codeOf(comparison, '503').conclusion).toBe('undecided');
  });

  it('leave the warm-up out', () => {
    const uniform = uniformNumbers(3);
    const runs = [1, 2].map((number) => {
      const run = makeRun(number, short, uniform, { warmUpSeconds: 5 });
      const rows = run.series.rows.map((row) => (row.second < 5 ? { ...row, codes: { 404: 60 } } : row));
      return { ...run, series: { ...run.series, rows } };
    });
    expect(compareRuns([runs[0]!], [runs[1]!]).codes.map(({ code }) => code)).toEqual(['200']);
  });

  it('of a version that did not count them are unknown, not none', () => {
    const [[before], [after]] = single({}, { ...short, code: null });
    const comparison = compareRuns([before!], [after!]);
    expect(codeOf(comparison, '200')).toMatchObject({ baseline: 1, candidate: null, difference: null });
    expect(comparison.notes.join()).toContain('status codes of run-2 are unknown');
    const old = [1, 2].map((number) => makeRun(number, { ...short, code: null }, uniformNumbers(3)));
    const without = compareRuns([old[0]!], [old[1]!]);
    expect(without.codes).toEqual([]);
    expect(without.notes.join()).not.toContain('status codes');
  });
});

describe('runs that cannot be compared', () => {
  const cases: [why: string, change: Partial<RunReport>, reason: RegExp][] = [
    ['one is INVALID', { verdict: 'INVALID', reasons: ['A worker was lost.'] }, /run-2 is INVALID: A worker/],
    ['other kind', { target: { kind: 'dht', host: 'http://x', labels: {} } }, /kind of target of run-2.*dht/],
    ['other load', { configuration: { load: { users: 7 } } }, /The load of run-2/],
    ['other warm-up', { warmUpSeconds: 5 }, /The warm-up of run-2/],
    ['other request names', { requests: [] }, /request names of run-2/],
    [
      'limited generator',
      { warnings: [{ rule: 'generator-cpu', reason: 'Worker 1 used more.' }] },
      /generator limited the run run-2: Worker 1/,
    ],
    ['other payloads', { bundleDigest: 'other', payloadsDigest: 'b' }, /digest of the payloads of run-2/],
    ['the same run', { runId: 'run-1' }, /run-1 is given twice/],
  ];

  it.each(cases)('are INVALID, with the reason: %s', (_, change, reason) => {
    const uniform = uniformNumbers(3);
    const baseline = makeRun(1, short, uniform, { payloadsDigest: 'a' });
    const candidate = makeRun(2, short, uniform, { payloadsDigest: 'a', ...change });
    const { verdict, reasons } = compareRuns([baseline], [candidate], { resamples: 1 });
    expect(verdict).toBe('INVALID');
    expect(reasons.join('\n')).toMatch(reason);
  });

  it('are noted where it is unknown', () => {
    const [baseline, candidate] = single({ bundleDigest: 'other', payloadsDigest: 'b' });
    expect(compareRuns(baseline, candidate).notes.join()).toContain('same payloads');
  });
});

describe('conditions', () => {
  it.each([
    ['p95>+5%', /expected a difference/],
    ['p(95)>5', /expected a difference/],
    ['latency p(95)>+5%', /unknown metric "latency"/],
    ['http_req_failed rate>+5%', /expected percentage points/],
    ['p(95)>+5pp', /expected %/],
    ['rate>+5%', /expected one of avg, min, max, med, p\(N\)/],
  ])('refuses %s', (expression, message) => {
    const [baseline, candidate] = single();
    expect(() => compareRuns(baseline, candidate, { failIf: [expression] })).toThrow(message);
  });

  it('names a request', () => {
    const { baseline, candidate } = makePairs(3, short, short, uniformNumbers(5));
    const failIf = ['http_req_duration{name:predict} p(50)>+90%'];
    const { figures, verdict } = compareRuns(baseline, candidate, { failIf });
    expect(verdict).toBe('PASS');
    expect(figures.at(-1)!.figure).toBe('http_req_duration{name:predict} p(50)');
  });

  it.each([
    { margin: 0 },
    { margin: 1 },
    { runVariation: -0.1 },
    { runVariation: 1 },
    { power: 0.4 },
    { power: 1 },
  ])('refuses the option %o', (options) => {
    const [baseline, candidate] = single();
    expect(() => compareRuns(baseline, candidate, options)).toThrow(/expected a share/);
    expect(() => compareRuns([], candidate)).toThrow(/baseline: found no run/);
  });
});
