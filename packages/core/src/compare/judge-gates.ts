import type { Comparison, FigureComparison, GateResult } from './contract.js';
import { formatDifference } from './format.js';
import { oneSidedLevel, pairsNeeded, type Estimate } from './estimate.js';
import type { Gate } from './figures.js';

/** A figure on both sides, and how its difference was estimated. */
export interface Compared {
  readonly comparison: FigureComparison;
  readonly estimate: Estimate | null;
}

/** What a gate would come to if its p-value is small enough. */
interface Test {
  readonly pValue: number;
  readonly ifShown: 'PASS' | 'FAIL';
}

/**
 * Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6:65–70, with each
 * condition once: of what is required, the side of the limit on which the difference is.
 */
export function judgeGates(
  gates: readonly Gate[],
  compared: ReadonlyMap<string, Compared>,
  isSingle: boolean,
): GateResult[] {
  const tested = gates.map((gate) => {
    const estimate = isSingle ? null : compared.get(gate.figure.text)!.estimate;
    return { gate, test: estimate && testOf(gate, estimate) };
  });
  const results = new Map<Gate, GateResult>();
  let isShown = true;
  tested
    .toSorted((one, other) => (one.test?.pValue ?? 2) - (other.test?.pValue ?? 2))
    .forEach(({ gate, test }, rank) => {
      const level = oneSidedLevel / (tested.length - rank);
      isShown &&= test !== null && test.pValue <= level;
      const { kind, expression, figure } = gate;
      const ifNot = kind === 'failIf' && test ? 'PASS' : 'INVALID';
      const outcome = isShown && test ? test.ifShown : ifNot;
      results.set(gate, {
        ...{ kind, expression, figure: figure.text, outcome, passed: outcome === 'PASS' },
        judged: test && { pValue: test.pValue, level },
      });
    });
  return gates.map((gate) => results.get(gate)!);
}

function testOf(gate: Gate, { pValue }: Estimate): Test {
  const limit = scaledLimit(gate);
  const shown = pValue(gate.operator, limit);
  if (gate.kind === 'failIf') return { pValue: shown, ifShown: 'FAIL' };
  const contrary = pValue(gate.operator === '<' ? '>' : '<', limit);
  return shown <= contrary ? { pValue: shown, ifShown: 'PASS' } : { pValue: contrary, ifShown: 'FAIL' };
}

/** On the scale of an estimate. */
const scaledLimit = ({ figure, limit }: Gate) => (figure.scale === 'ratio' ? Math.log1p(limit) : limit);

/** The verdict, and why. */
export function verdictOf(
  results: readonly GateResult[],
  {
    problems,
    compared,
    gates,
    power,
  }: {
    readonly problems: readonly string[];
    readonly compared: ReadonlyMap<string, Compared>;
    /** Of the results, in their order. */
    readonly gates: readonly Gate[];
    readonly power: number;
  },
): Pick<Comparison, 'verdict' | 'reasons'> {
  const unjudged = results.filter(({ judged }) => judged === null);
  const failed = results.filter(({ outcome }) => outcome === 'FAIL');
  const open = results.filter(({ judged, outcome }) => judged !== null && outcome === 'INVALID');
  const rangeOf = (figure: string) => {
    const { interval, scale } = compared.get(figure)!.comparison;
    const [low, high] = interval!.map((limit) => formatDifference(limit, scale));
    return `the difference is from ${low} to ${high}`;
  };
  const reasons = [
    ...problems,
    ...unjudged.map(({ expression, figure }) =>
      compared.get(figure)!.estimate
        ? `${expression} cannot be judged: one run a side does not show how much runs differ by themselves.`
        : `${expression} cannot be judged: ${figure} has no difference that can be estimated.`,
    ),
    ...failed.map(({ kind, expression, figure }) => {
      const { difference, scale } = compared.get(figure)!.comparison;
      const shown = formatDifference(difference, scale);
      return kind === 'failIf'
        ? `${expression}: the difference is ${shown}, and chance does not explain that it is beyond the limit.`
        : `${expression} is required and does not hold: the difference is ${shown}, and chance does not explain it.`;
    }),
    ...open.map((result) => {
      const { expression, figure } = result;
      const more = pairsToShow(gates[results.indexOf(result)]!, compared.get(figure)!, power);
      return `${expression} is required and not shown: ${rangeOf(figure)}.${more}`;
    }),
  ];
  if (problems.length + unjudged.length > 0) return { verdict: 'INVALID', reasons };
  if (failed.length > 0) return { verdict: 'FAIL', reasons };
  if (open.length > 0) return { verdict: 'INVALID', reasons };
  if (results.length === 0) return { reasons };
  return {
    verdict: 'PASS',
    reasons: results.map(
      ({ kind, expression, figure }) =>
        `${expression} is ${kind === 'failIf' ? 'not shown' : 'shown'}: ${rangeOf(figure)}.`,
    ),
  };
}

/** How many pairs of equal sides would show what is required; nothing where that is no plan. */
function pairsToShow(gate: Gate, { estimate }: Compared, power: number): string {
  const limit = scaledLimit(gate);
  const isOfEquals = gate.operator === '<' ? limit > 0 : limit < 0;
  if (!estimate?.spread || !isOfEquals) return '';
  return ` If both sides are equal, ${pairsNeeded(estimate.spread, Math.abs(limit), power)} pairs would show it.`;
}
