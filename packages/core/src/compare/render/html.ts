import { renderPage } from '../../report/page.js';
import type { RunReport } from '../../results/summary.js';
import { redactStrings } from '../../secrets/redactor.js';
import * as format from '../../values/format.js';
import { printable } from '../../values/printable.js';
import { loadwrightVersion } from '../../version.js';
import type { ComparedRun, Comparison, CompareMethod } from '../contract.js';
import { formatDifference } from '../format.js';
import { forestOf } from './forest.js';
import { comparedCharts } from './over-time.js';

/** The runs of both sides, as they were compared. */
export interface ComparedSides {
  readonly baseline: readonly Pick<ComparedRun, 'report'>[];
  readonly candidate: readonly Pick<ComparedRun, 'report'>[];
}

const symbols = { pass: 'M7 16.5l6 6 12-13', fail: 'M9 9l14 14M23 9L9 23', invalid: 'M16 7v11M16 23.5v.5' };
const verdicts = {
  PASS: { tone: 'pass', symbol: symbols.pass },
  FAIL: { tone: 'fail', symbol: symbols.fail },
  INVALID: { tone: 'invalid', symbol: symbols.invalid },
} as const;

/**
 * `comparison.html`: the verdict, each difference with its interval drawn, and both sides over each other. One file that needs no
 * other and no network, with the policy and the look of `report.html`.
 */
export async function renderComparisonHtml(found: Comparison, sides: ComparedSides): Promise<string> {
  const comparison = redactStrings(found, printable);
  const reportsOf = (runs: ComparedSides['baseline']) =>
    redactStrings(
      runs.map(({ report }) => report),
      printable,
    );
  const reports = { baseline: reportsOf(sides.baseline), candidate: reportsOf(sides.candidate) };
  const charts = comparedCharts(reports);
  const { verdict, figures, codes, margin } = comparison;
  const ofScale = (scale: 'ratio' | 'difference') => figures.filter((figure) => figure.scale === scale);
  const html = await renderPage('comparison', charts, {
    ...{ comparison, charts, format, symbols, version: loadwrightVersion },
    outcome: verdict === undefined ? undefined : verdicts[verdict],
    name: nameOf(reports),
    method: describeMethod(comparison),
    margins: [`${format.formatNumber(margin * 100, 1)} %`, `${format.formatNumber(margin * 10, 2)} pp`],
    gates: comparison.gates.map((gate) => ({ ...gate, ...gateTexts(gate.figure, comparison) })),
    forests: [
      { title: 'Times, rates and counts', heading: 'Figure', ...forestOf(ofScale('ratio'), comparison) },
      { title: 'Shares', heading: 'Figure', ...forestOf(ofScale('difference'), comparison) },
      { title: 'Status codes', heading: 'Status code', ...forestOf(codes, comparison) },
    ].filter(({ rows }) => rows.length > 0),
    sides: [
      { side: 'Baseline', runs: reports.baseline },
      { side: 'Candidate', runs: reports.candidate },
    ],
  });
  return printable(html);
}

/** `checkout`, or `after against before` where the sides have different names. */
function nameOf({ baseline, candidate }: Record<'baseline' | 'candidate', readonly RunReport[]>): string {
  const [before, after] = [sideName(baseline), sideName(candidate)];
  return before === after ? after : `${after} against ${before}`;
}

/** Runs that were made in turn are numbered: `checkout-1`, `checkout-2`. */
function sideName(runs: readonly RunReport[]): string {
  const names = [...new Set(runs.map(({ name }) => name))];
  if (names.length < 2) return names.join();
  return [...new Set(names.map((name) => name.replace(/-\d+$/, '')))].join(', ');
}

function describeMethod({ method, baseline, candidate }: Comparison): string {
  const texts: Record<CompareMethod, string> = {
    paired: `${baseline.length} pairs of runs, made in turn`,
    grouped: `${baseline.length} against ${candidate.length} runs, not in turn`,
    single: 'one run a side',
  };
  return texts[method];
}

function gateTexts(wanted: string, { figures }: Comparison) {
  const {
    difference = null,
    interval = null,
    scale = 'ratio',
  } = figures.find(({ figure }) => figure === wanted) ?? {};
  return {
    difference: formatDifference(difference, scale),
    interval: interval?.map((limit) => formatDifference(limit, scale)).join(' to ') ?? format.nothing,
  };
}
