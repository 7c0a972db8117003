import { formatFigure, formatLength, formatMeasured, formatNumber } from '../values/format.js';
import type { ThresholdResult } from '../results/summary.js';

/** One row of the table of thresholds. */
export interface ThresholdRow {
  readonly metric: string;
  /** The same in the parts between which a line may end. */
  readonly metricParts: readonly string[];
  readonly expression: string;
  readonly passed: boolean;
  readonly measured: string;
  readonly limit: string;
  /** True for one that nobody wrote. */
  readonly isDefault: boolean;
  /** `stopped the load after 12 s`; absent for one that did not. */
  readonly stopped?: string;
  /** Over what it was measured: `over 52,656 successes and 645 failures`; may be empty. */
  readonly over: string;
  /** Measured ÷ limit, for the bar; absent where the ratio means nothing. */
  readonly ofLimit?: number;
  /** The same in words: `64 %`, `33 ×`. */
  readonly ofLimitText?: string;
}

const limitPattern = /(?<operator><=|>=|={2,3}|!=|<|>)\s*(?<limit>-?\d+(?:\.\d+)?)\s*$/;

/** Takes the limit out of the expression, and puts it beside what was measured. */
export function thresholdRow(threshold: ThresholdResult): ThresholdRow {
  const { metric, expression, passed, measured, unit } = threshold;
  const { operator = '', limit: text } = limitPattern.exec(expression)?.groups ?? {};
  const limit = Number(text);
  const row = {
    metric,
    metricParts: metric.split(/(?<=[_{:/.-])/),
    expression,
    passed,
    measured: formatMeasured(measured, unit),
    isDefault: threshold.isDefault === true,
    over: measuredOver(threshold),
    ...(threshold.stoppedAfterSeconds !== undefined && { stopped: stoppedAfter(threshold) }),
    limit: text === undefined ? expression : `${operator} ${formatMeasured(limit, unit)}`,
  };
  const comparable = /[<>]/.test(operator) && limit > 0 && measured !== null;
  return comparable ? { ...row, ofLimit: measured / limit, ofLimitText: shareOf(measured / limit) } : row;
}

/** Of a threshold with `abortOnFail` that did: `stopped the load after 12 s`; otherwise empty. */
export function stoppedAfter({ stoppedAfterSeconds }: Pick<ThresholdResult, 'stoppedAfterSeconds'>): string {
  return stoppedAfterSeconds === undefined
    ? ''
    : `stopped the load after ${formatLength(stoppedAfterSeconds)}`;
}

/** Of a limit: beyond ten times of it nobody reads percent any more. */
const shareOf = (ratio: number) =>
  ratio < 10 ? `${formatFigure(ratio * 100)} %` : `${formatFigure(ratio)} ×`;

/** Over how many values a threshold was measured, failed requests apart: `over 52,656 successes and 645 failures`. */
export function measuredOver({
  metric,
  over,
  succeeded,
}: Pick<ThresholdResult, 'metric' | 'over' | 'succeeded'>): string {
  const several = (count: number, one: string, many: string) =>
    `${formatNumber(count)} ${count === 1 ? one : many}`;
  if (over === undefined) return '';
  if (succeeded === undefined) {
    return `over ${metric.startsWith('http_req') ? several(over, 'request', 'requests') : several(over, 'value', 'values')}`;
  }
  const failed = over - succeeded;
  const failures = failed > 0 ? ` and ${several(failed, 'failure', 'failures')}` : '';
  return `over ${several(succeeded, 'success', 'successes')}${failures}`;
}
