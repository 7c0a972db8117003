import type { Comparison, FigureComparison, GateResult } from './contract.js';
import { formatDifference } from './format.js';
import { oneSidedLevel, type Estimate } from './estimate.js';
import type { Gate } from './figures.js';

/** A figure on both sides, and how its difference was estimated. */
export interface Compared {
  readonly comparison: FigureComparison;
  readonly estimate: Estimate | null;
}

/** Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6:65–70. */
export function judgeGates(
  gates: readonly Gate[],
  compared: ReadonlyMap<string, Compared>,
  isSingle: boolean,
): GateResult[] {
  const tested = gates.map((gate) => {
    const { figure, operator, limit } = gate;
    const estimate = isSingle ? null : compared.get(figure.text)!.estimate;
    const scaled = figure.scale === 'ratio' ? Math.log1p(limit) : limit;
    return { gate, pValue: estimate ? estimate.pValue(operator, scaled) : null };
  });
  const results = new Map<Gate, GateResult>();
  let isRejecting = true;
  tested
    .toSorted((one, other) => (one.pValue ?? 2) - (other.pValue ?? 2))
    .forEach(({ gate, pValue }, rank) => {
      const level = oneSidedLevel / (tested.length - rank);
      isRejecting &&= pValue !== null && pValue <= level;
      const { expression, figure } = gate;
      const judged = pValue === null ? null : { pValue, level };
      results.set(gate, { expression, figure: figure.text, passed: judged !== null && !isRejecting, judged });
    });
  return gates.map((gate) => results.get(gate)!);
}

/** The verdict, and why. */
export function verdictOf(
  gates: readonly GateResult[],
  problems: readonly string[],
  compared: ReadonlyMap<string, Compared>,
): Pick<Comparison, 'verdict' | 'reasons'> {
  const unjudged = gates.filter(({ judged }) => judged === null);
  const failed = gates.filter(({ judged, passed }) => judged !== null && !passed);
  const reasons = [
    ...problems,
    ...unjudged.map(({ expression, figure }) =>
      compared.get(figure)!.estimate
        ? `${expression} cannot be judged: one run a side does not show how much runs differ by themselves.`
        : `${expression} cannot be judged: ${figure} has no difference that can be estimated.`,
    ),
    ...failed.map(({ expression, figure }) => {
      const { difference, scale } = compared.get(figure)!.comparison;
      const shown = formatDifference(difference, scale);
      return `${expression}: the difference is ${shown}, and chance does not explain that it is beyond the limit.`;
    }),
  ];
  if (problems.length + unjudged.length > 0) return { verdict: 'INVALID', reasons };
  if (failed.length > 0) return { verdict: 'FAIL', reasons };
  if (gates.length === 0) return { reasons };
  return {
    verdict: 'PASS',
    reasons: gates.map(({ expression, figure }) => {
      const { comparison } = compared.get(figure)!;
      const [low, high] = comparison.interval!.map((limit) => formatDifference(limit, comparison.scale));
      return `${expression} is not shown: the difference is from ${low} to ${high}.`;
    }),
  };
}
