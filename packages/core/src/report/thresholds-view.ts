import { formatMeasured } from './format.js';
import type { ThresholdResult } from './summary.js';

/** One row of the table of thresholds. */
export interface ThresholdRow {
  readonly metric: string;
  readonly expression: string;
  readonly passed: boolean;
  readonly measured: string;
  readonly limit: string;
  /** Measured ÷ limit, for the bar; absent where the ratio means nothing. */
  readonly ofLimit?: number;
}

const limitPattern = /(?<operator><=|>=|={2,3}|!=|<|>)\s*(?<limit>-?\d+(?:\.\d+)?)\s*$/;

/** Takes the limit out of the expression, and puts it beside what was measured. */
export function thresholdRow({ metric, expression, passed, measured, unit }: ThresholdResult): ThresholdRow {
  const { operator = '', limit: text } = limitPattern.exec(expression)?.groups ?? {};
  const limit = Number(text);
  const row = {
    metric,
    expression,
    passed,
    measured: formatMeasured(measured, unit),
    limit: text === undefined ? expression : `${operator} ${formatMeasured(limit, unit)}`,
  };
  const comparable = /[<>]/.test(operator) && limit > 0 && measured !== null;
  return comparable ? { ...row, ofLimit: measured / limit } : row;
}
