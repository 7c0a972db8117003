import { LoadwrightError } from '../errors.js';
import type { DeclaredMetrics } from '../judge/thresholds/parse.js';
import { inOrderOfCodes } from '../report/codes.js';
import { uniformNumbers } from '../values/random.js';
import { normalNumbers } from './bootstrap.js';
import { findIncomparable } from './comparable.js';
import type { CompareMethod, CompareOptions, ComparedRun, Comparison, FigureComparison } from './contract.js';
import {
  bootstrapEstimate,
  groupedEstimate,
  pairedEstimate,
  pairsNeeded,
  wideningOf,
  type Estimate,
} from './estimate.js';
import { codeFigures, parseGates, standardFigures, type Figure } from './figures.js';
import { judgeGates, verdictOf, type Compared } from './judge-gates.js';
import { JudgedSeconds } from './seconds.js';

interface Sides {
  readonly baseline: readonly JudgedSeconds[];
  readonly candidate: readonly JudgedSeconds[];
  readonly method: CompareMethod;
}

/**
 * Compares runs before a change with runs after it.
 *
 * Times, throughput and counts are compared as ratios, by their logarithms; shares as differences. Runs that were made in
 * turn (A B B A …) are compared in pairs, which cancels what drifts over time.
 *
 * @param baseline Runs before the change, at least one.
 * @param candidate Runs after it, at least one.
 * @throws LoadwrightError `CONFIG_INVALID` for options, `THRESHOLD_INVALID` for a condition that is none.
 */
export function compareRuns(
  baseline: readonly ComparedRun[],
  candidate: readonly ComparedRun[],
  options: CompareOptions = {},
): Comparison {
  const { margin = 0.05, power = 0.9 } = options;
  requireOptions(baseline, candidate, options);
  const sorted = { baseline: inOrder(baseline), candidate: inOrder(candidate) };
  const { report, series } = sorted.baseline[0]!;
  const declared = Object.fromEntries(
    Object.entries(report.metrics).filter(([name]) => Object.hasOwn(series.header.metrics, name)),
  );
  const gates = parseGates(options, declared);
  const { problems, notes } = findIncomparable(sorted.baseline, sorted.candidate);
  const method = methodOf(sorted.baseline, sorted.candidate);
  const sides: Sides = {
    baseline: sorted.baseline.map((run) => new JudgedSeconds(run)),
    candidate: sorted.candidate.map((run) => new JudgedSeconds(run)),
    method,
  };
  const names = [...new Set(report.requests.map(({ name }) => name))];
  const figures = standardFigures(withoutMembers(declared, report), names, report.arrivals !== undefined);
  for (const { figure } of gates) if (!figures.some(({ text }) => text === figure.text)) figures.push(figure);
  const codes = codesOf(sides);
  const shares = codeFigures(codes);
  const resampled =
    method === 'single'
      ? resampleSides([...figures, ...shares], sides, options)
      : new Map<string, number[]>();
  const compared = new Map(
    figures.map((figure) => [figure.text, compareFigure(figure, sides, { margin, power }, resampled)]),
  );
  const judged = judgeGates(gates, compared, method === 'single' && options.runVariation === undefined);
  return {
    ...verdictOf(judged, { problems, compared, gates, power }),
    notes: [...notes, ...methodNotes(method, sides, options), ...codeNotes(codes, sides)],
    method,
    baseline: sorted.baseline.map((run) => run.report.runId),
    candidate: sorted.candidate.map((run) => run.report.runId),
    margin,
    ...(options.runVariation !== undefined && { runVariation: options.runVariation }),
    // What neither side measured is no figure of theirs, unless somebody asked for it.
    figures: [...compared.values()]
      .map(({ comparison }) => comparison)
      .filter(
        ({ figure, baseline, candidate }) =>
          baseline !== null || candidate !== null || gates.some((gate) => gate.figure.text === figure),
      ),
    codes: shares.map((share, index) => ({
      code: codes[index]!,
      ...compareFigure(share, sides, { margin, power }, resampled).comparison,
    })),
    gates: judged,
  };
}

/** Every code that a run has, in the order in which they are shown. */
function codesOf({ baseline, candidate }: Sides): string[] {
  const all = [...baseline, ...candidate].flatMap((run) => Object.keys(run.codes ?? {}));
  return [...new Set(all)].sort(inOrderOfCodes);
}

/** Runs whose codes are not known, where those of others are. */
function codeNotes(codes: readonly string[], { baseline, candidate }: Sides): string[] {
  if (codes.length === 0) return [];
  return [...baseline, ...candidate]
    .filter((run) => run.codes === undefined)
    .map(
      ({ runId }) =>
        `The status codes of ${runId} are unknown: its version of Loadwright did not count them.`,
    );
}

/**
 * Without the counters of families: what each node of a ring had is one row a node, of which chance decides, and says nothing of
 * the service. A condition may name them.
 */
function withoutMembers(
  declared: DeclaredMetrics,
  // Reports of earlier versions do not name the families without a skew.
  { skews = {}, families = Object.keys(skews) }: Pick<ComparedRun['report'], 'families' | 'skews'>,
): DeclaredMetrics {
  const prefixes = families.map((family) => family.slice(0, -1));
  return Object.fromEntries(
    Object.entries(declared).filter(([name]) => !prefixes.some((prefix) => name.startsWith(prefix))),
  );
}

function requireOptions(
  baseline: readonly ComparedRun[],
  candidate: readonly ComparedRun[],
  { margin = 0.05, runVariation = 0, power = 0.9 }: CompareOptions,
): void {
  const invalid = (message: string, hint: string) => new LoadwrightError('CONFIG_INVALID', message, { hint });
  for (const [side, runs] of Object.entries({ baseline, candidate }))
    if (runs.length === 0)
      throw invalid(`${side}: found no run, expected at least one.`, 'Name a run a side.');
  if (!(margin > 0 && margin < 1))
    throw invalid(`margin: found ${margin}, expected a share above 0 and below 1.`, 'Use 0.05 for 5 %.');
  if (!(power >= 0.5 && power < 1))
    throw invalid(`power: found ${power}, expected a share from 0.5 to below 1.`, 'Use 0.9 for 90 %.');
  if (!(runVariation >= 0 && runVariation < 1))
    throw invalid(
      `runVariation: found ${runVariation}, expected a share from 0 to below 1.`,
      'Use 0.03 for 3 %.',
    );
}

const inOrder = (runs: readonly ComparedRun[]) =>
  runs.toSorted((one, other) => Date.parse(one.report.startedAt) - Date.parse(other.report.startedAt));

/** Runs are pairs when each has its neighbour in time on the other side. */
function methodOf(baseline: readonly ComparedRun[], candidate: readonly ComparedRun[]): CompareMethod {
  if (baseline.length === 1 && candidate.length === 1) return 'single';
  if (baseline.length !== candidate.length) return 'grouped';
  const all = inOrder([...baseline, ...candidate]);
  const isPaired = baseline.every((_, pair) => {
    const two = [all[2 * pair]!, all[2 * pair + 1]!];
    return two.filter((run) => baseline.includes(run)).length === 1;
  });
  return isPaired ? 'paired' : 'grouped';
}

function compareFigure(
  figure: Figure,
  sides: Sides,
  { margin, power }: { readonly margin: number; readonly power: number },
  resampled: Resampled,
): Compared {
  const { scale, text, unit, worse } = figure;
  const scaled = { to: (value: number) => value, from: (value: number) => value };
  if (scale === 'ratio') Object.assign(scaled, { to: Math.log, from: Math.exp });
  const valuesOf = (runs: readonly JudgedSeconds[]) => {
    const values = runs
      .map((run) => run.measure(figure))
      .map((value) => (value === null ? NaN : scaled.to(value)));
    return values.every(Number.isFinite) ? values : null;
  };
  const [baseline, candidate] = [valuesOf(sides.baseline), valuesOf(sides.candidate)];
  const estimate = baseline && candidate && estimateOf(figure, sides, { baseline, candidate }, resampled);
  const mean = (values: readonly number[] | null) =>
    values && scaled.from(values.reduce((sum, value) => sum + value, 0) / values.length);
  const asShare = (difference: number) => (scale === 'ratio' ? Math.exp(difference) - 1 : difference);
  const interval = estimate
    ? ([asShare(estimate.interval[0]), asShare(estimate.interval[1])] as const)
    : null;
  const smallest = scale === 'ratio' ? Math.log1p(margin) : margin / 10;
  return {
    estimate,
    comparison: {
      figure: text,
      unit,
      scale,
      baseline: mean(baseline),
      candidate: mean(candidate),
      difference: estimate ? asShare(estimate.difference) : null,
      interval,
      conclusion: concludeFrom(interval, scale === 'ratio' ? margin : margin / 10, worse),
      ...(worse && { worse }),
      ...(estimate?.spread && { pairsNeeded: pairsNeeded(estimate.spread, smallest, power) }),
    },
  };
}

/** Of single runs: differences of resamples by the figure's text, before variation between runs. */
type Resampled = ReadonlyMap<string, readonly number[]>;

function estimateOf(
  { text }: Figure,
  { method }: Sides,
  { baseline, candidate }: Record<'baseline' | 'candidate', number[]>,
  resampled: Resampled,
): Estimate | null {
  if (method === 'paired') return pairedEstimate(baseline, candidate);
  if (method === 'grouped') return groupedEstimate(baseline, candidate);
  const differences = resampled.get(text);
  return differences ? bootstrapEstimate(candidate[0]! - baseline[0]!, differences) : null;
}

/** Figures of one group come from the same resamples. */
function resampleSides(
  figures: readonly Figure[],
  { baseline, candidate }: Sides,
  { resamples = 2000, seed = 1, runVariation = 0 }: CompareOptions,
): Resampled {
  const uniform = uniformNumbers(seed);
  const normal = normalNumbers(uniform);
  const groups = new Map<string, Figure[]>();
  for (const figure of figures) {
    groups.set(figure.group, [...(groups.get(figure.group) ?? []), figure]);
  }
  const resampled = new Map<string, number[]>();
  for (const group of groups.values()) {
    const before = baseline[0]!.resample(group, resamples, uniform);
    const after = candidate[0]!.resample(group, resamples, uniform);
    group.forEach((figure, index) => {
      const to = (value: number | null) =>
        value === null ? NaN : figure.scale === 'ratio' ? Math.log(value) : value;
      const differences = before.values[index]!.map(
        (one, resample) => to(after.values[index]![resample]!) - to(one),
      ).filter(Number.isFinite);
      // Resamples in which nothing was measured, or 0, have no ratio.
      if (differences.length < resamples * 0.9) return;
      const runs = [baseline[0]!, candidate[0]!];
      const thirds = runs.map((run) => run.thirds(figure).map(to));
      const factor = wideningOf(differences, before.blocks + after.blocks, thirds);
      const [one, other] = runs.map((run) => to(run.measure(figure)));
      const measured = other! - one!;
      resampled.set(
        figure.text,
        differences.map(
          (difference) => measured + (difference - measured) * factor + normal() * Math.SQRT2 * runVariation,
        ),
      );
    });
  }
  return resampled;
}

function concludeFrom(
  interval: readonly [number, number] | null,
  margin: number,
  worse: Figure['worse'],
): FigureComparison['conclusion'] {
  if (!interval) return 'undecided';
  const [low, high] = interval;
  if (low > -margin && high < margin) return 'same';
  if (low > 0) return 'higher';
  if (high < 0) return 'lower';
  const isNoWorse = (worse === 'higher' && high < margin) || (worse === 'lower' && low > -margin);
  return isNoWorse ? 'no-worse' : 'undecided';
}

function methodNotes(
  method: CompareMethod,
  { baseline, candidate }: Sides,
  options: CompareOptions,
): string[] {
  if (method === 'single') {
    return options.runVariation === undefined
      ? [
          'One run a side: the intervals are about these two runs alone. They cannot show how much runs of the same thing differ, ' +
            'nor what changes more slowly than a third of a run.',
        ]
      : [];
  }
  if (method === 'paired') return [];
  return [
    baseline.length === candidate.length
      ? 'The runs were not made in turn, so a drift over time looks like a change.'
      : `${baseline.length} and ${candidate.length} runs are compared as groups, so a drift over time looks like a change.`,
  ];
}
