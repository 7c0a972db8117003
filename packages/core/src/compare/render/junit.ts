import { junitXml, type TestCase } from '../../report/junit.js';
import type { Comparison, FigureComparison } from '../contract.js';
import { formatDifference } from '../format.js';

/** `junit.xml` of a comparison: one test case for each condition; what cannot be compared, or is not shown, is an error, never a pass. */
export function renderComparisonJunit(comparison: Comparison): string {
  const name = 'loadwright.compare';
  const figures = new Map(comparison.figures.map((figure) => [figure.figure, figure]));
  const testCases = comparison.gates.map(({ expression, figure, outcome: found, judged }): TestCase => {
    const outcome = `${expression}: ${describe(figures.get(figure)!)}`;
    return {
      name: expression,
      classname: name,
      ...(found === 'INVALID' && {
        error: `${outcome}; ${judged === null ? 'it could not be judged' : 'it is required, and not shown'}`,
      }),
      ...(found === 'FAIL' && { failure: outcome }),
      output: outcome,
    };
  });
  if (comparison.verdict === 'INVALID' || testCases.length === 0) {
    testCases.push({
      ...{ name: 'the comparison is valid', classname: name },
      ...(comparison.verdict === 'INVALID' && { error: comparison.reasons.join(' ') }),
    });
  }
  return junitXml({ name, timestamp: new Date(), testCases });
}

/** `+4.2 %, from +1.1 % to +7.4 %` */
function describe(figure: FigureComparison): string {
  const { difference, interval } = figure;
  if (difference === null || interval === null) return 'no difference could be estimated';
  const [low, high] = interval.map((limit) => formatDifference(limit, figure.scale));
  return `${formatDifference(difference, figure.scale)}, from ${low} to ${high}`;
}
