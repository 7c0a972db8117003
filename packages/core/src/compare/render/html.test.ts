import { describe, expect, it } from 'vitest';
import { makePairs, makeRun, type ServiceModel } from '../../../test/compared-run-fixture.js';
import { realisticReport } from '../../../test/report-fixture.js';
import type { RunReport } from '../../results/summary.js';
import { uniformNumbers } from '../../values/random.js';
import { compareRuns } from '../compare.js';
import type { ComparedRun, FigureComparison } from '../contract.js';
import { forestOf } from './forest.js';
import { renderComparisonHtml } from './html.js';
import { comparedCharts } from './over-time.js';

const short: ServiceModel = { seconds: 20, perSecond: 60 };
const { series } = realisticReport({ samples: 20 });

function pageOf(
  pairs: number,
  options: Parameters<typeof compareRuns>[2] = {},
  change: Partial<RunReport> = {},
) {
  const uniform = uniformNumbers(5);
  const { baseline, candidate } =
    pairs > 1
      ? makePairs(pairs, short, { ...short, median: 26, failing: 0.1 }, uniform)
      : { baseline: [makeRun(1, short, uniform)], candidate: [makeRun(2, short, uniform, change)] };
  const comparison = compareRuns(baseline, candidate, { resamples: 50, ...options });
  return { comparison, html: renderComparisonHtml(comparison, { baseline, candidate }) };
}

describe('comparison.html', () => {
  it('shows the verdict, every figure with its interval drawn, and the conditions', async () => {
    const { comparison, html } = pageOf(6, { failIf: ['p(95)>+5%', 'http_reqs rate<-5%'] });
    const text = await html;
    expect(text).toMatch(/class="verdict fail"/);
    expect(text).toContain('6 pairs of runs, made in turn');
    expect(text).toContain('<code>p(95)&gt;+5%</code>');
    expect(text.match(/class="result (pass|fail)"/g)).toEqual(['class="result fail"', 'class="result pass"']);
    const drawn = [...comparison.figures, ...comparison.codes];
    expect(text.match(/<circle /g)).toHaveLength(drawn.length);
    expect(text).toContain('higher (worse)');
    expect(text.split('<script')[0]).not.toMatch(/undefined|NaN|\[object/);
    expect(text).toMatch(/default-src .{0,5}none.{0,5}; script-src/);
  });

  it('says of one run a side what it cannot show, judges nothing, and makes names nothing but text', async () => {
    const { html } = pageOf(1, {}, { name: '<img src=x>' });
    const text = await html;
    expect(text).toMatch(/class="verdict unjudged"/);
    expect(text).toContain('No condition was given');
    expect(text).toContain('about these two runs alone');
    expect(text).toContain('&lt;img src=x&gt; against ');
    expect(text).not.toContain('<img');
  });

  it('names the sides once, whatever the numbers of their runs', async () => {
    const named = (name: string) => (run: ComparedRun, index: number) => ({
      ...run,
      report: { ...run.report, name: `${name}-${index + 1}` },
    });
    const pairs = makePairs(2, short, short, uniformNumbers(5));
    const sides = {
      baseline: pairs.baseline.map(named('old')),
      candidate: pairs.candidate.map(named('new')),
    };
    const html = await renderComparisonHtml(compareRuns(sides.baseline, sides.candidate), sides);
    expect(html).toContain('<span class="name">new against old</span>');
  });

  it('shows why runs cannot be compared', async () => {
    const { html } = pageOf(1, {}, { configuration: { load: { users: 7 } } });
    expect(await html).toMatch(/class="verdict invalid"[^]*The load of run-2/);
  });
});

describe('drawn differences', () => {
  const compared = { margin: 0.05, method: 'paired' } as const;
  const figure = (
    difference: number,
    interval: readonly [number, number],
    change = {},
  ): FigureComparison => ({
    ...{ figure: 'http_req_duration p(95)', unit: 'ms', scale: 'ratio', baseline: 1, candidate: 1 },
    ...{ difference, interval, conclusion: 'undecided', ...change },
  });

  it('stand on one axis with 0 in its middle, and are cut where their interval is far wider than they are', () => {
    const { rows, ends, size, margin } = forestOf(
      [figure(0.1, [0.05, 0.15]), figure(-0.02, [-3, 9])],
      compared,
    );
    expect(ends).toEqual(['-20 %', '+20 %']);
    const middle = size.width / 2;
    const [one, other] = rows.map(({ drawn }) => drawn!);
    expect((one!.at - middle) / (other!.at - middle)).toBeCloseTo(-5, 1);
    expect(margin[1]).toBe(one!.from);
    expect([one!.cut, other!.cut]).toEqual([
      { left: false, right: false },
      { left: true, right: true },
    ]);
    expect(other!.from).toBeGreaterThanOrEqual(0);
    expect(other!.to).toBeLessThanOrEqual(size.width);
  });

  it('are better or worse where that is known, and otherwise neither', () => {
    const toneOf = (change: Partial<FigureComparison>) =>
      forestOf([figure(0.1, [0, 1], change)], compared).rows[0]!.tone;
    expect(toneOf({ conclusion: 'higher', worse: 'higher' })).toBe('worse');
    expect(toneOf({ conclusion: 'lower', worse: 'higher' })).toBe('better');
    expect(toneOf({ conclusion: 'higher' })).toBe('neutral');
    expect(toneOf({ worse: 'higher' })).toBe('neutral');
  });

  it('have no drawing without a difference', () => {
    const { rows } = forestOf([figure(0, [0, 0], { difference: null, interval: null })], compared);
    expect(rows[0]).toMatchObject({ difference: '–', interval: '–' });
    expect(rows[0]!.drawn).toBeUndefined();
  });
});

describe('both sides over each other', () => {
  const report = (change: Partial<RunReport>) => ({ ...realisticReport({ samples: 1 }), series, ...change });
  const timesTwo = series.map((sample) => ({ ...sample, requestsPerSecond: 2 * sample.requestsPerSecond }));

  it('are a line each, of several runs their mean on the ground of their range', () => {
    const charts = comparedCharts({
      baseline: [report({}), report({ series: timesTwo })],
      candidate: [report({})],
    });
    expect(charts.map(({ id }) => id)).toEqual(['rates', 'p95', 'p99', 'failed']);
    const [{ series: lines, bands }] = charts as [(typeof charts)[0]];
    expect(lines.map(({ label, tone }) => [label, tone])).toEqual([
      ['Baseline', '1'],
      ['Candidate', '2'],
      ['Baseline, lowest run', undefined],
      ['Baseline, highest run', undefined],
    ]);
    expect(bands).toEqual([{ tone: '1', low: lines[2]!.values, high: lines[3]!.values }]);
    lines[1]!.values.forEach((value, at) => {
      expect(lines[0]!.values[at]).toBeCloseTo(1.5 * value!, 9);
      expect(lines[3]!.values[at]).toBeCloseTo(2 * value!, 9);
    });
  });

  it('end where their runs end, and are thinned alike', () => {
    const long = Array.from({ length: 650 }, (_, at) => ({ ...series[0]!, elapsedSeconds: at + 1 }));
    const [rates] = comparedCharts({
      baseline: [report({ series: long })],
      candidate: [report({ series: long.slice(0, 300) })],
    });
    expect(rates!.x).toHaveLength(217);
    expect(rates!.series[1]!.values.filter((value) => value !== null)).toHaveLength(100);
    expect(rates!.series[1]!.values.slice(100).every((value) => value === null)).toBe(true);
  });

  it('are none without samples', () => {
    expect(
      comparedCharts({ baseline: [report({ series: [] })], candidate: [report({ series: [] })] }),
    ).toEqual([]);
  });
});
