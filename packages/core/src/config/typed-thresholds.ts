import type { ThresholdsInput } from '../judge/thresholds/input.js';

type Operator = '<' | '<=' | '>' | '>=' | '==' | '===' | '!=';
type Space = '' | ' ';
type Expression<Aggregation extends string> = `${Aggregation}${Space}${Operator}${Space}${number}`;

/** Of a metric with many values: `p(95)<200`. */
export type TrendExpression = Expression<'avg' | 'min' | 'max' | 'med' | `p(${number})`>;
/** Of a number that only grows: `count>1000`, `rate>=100` a second. */
export type CounterExpression = Expression<'count' | 'rate'>;
/** Of a share: `rate<0.01`. */
export type RateExpression = Expression<'rate'>;
/** Any expression of a threshold, whichever metric it is on. */
export type ThresholdExpression = TrendExpression | CounterExpression;

/** What thresholds on the metrics that every target has may say. */
export interface BuiltInThresholds {
  http_req_duration: TrendExpression;
  http_req_service: TrendExpression;
  http_req_response: TrendExpression;
  http_req_first_byte: TrendExpression;
  http_req_blocked: TrendExpression;
  http_req_connecting: TrendExpression;
  http_req_tls_handshaking: TrendExpression;
  http_req_failed: RateExpression;
  http_reqs: CounterExpression;
  dropped_iterations: CounterExpression;
}

type Entry<Written> =
  Written | { readonly threshold: Written; readonly abortOnFail?: boolean; readonly delayAbortEval?: string };

/** Thresholds on metrics that are known, with or without the name of a request. */
export type ThresholdsOn<Metrics> = {
  readonly [Metric in keyof Metrics & string as Metric | `${Metric}{${string}}`]?: readonly Entry<
    Metrics[Metric]
  >[];
};

/** All names that begin so are those of built-in metrics. */
type Reserved = `http_${string}` | `dropped_${string}`;

type Lower =
  | 'a'
  | 'b'
  | 'c'
  | 'd'
  | 'e'
  | 'f'
  | 'g'
  | 'h'
  | 'i'
  | 'j'
  | 'k'
  | 'l'
  | 'm'
  | 'n'
  | 'o'
  | 'p'
  | 'q'
  | 'r'
  | 's'
  | 't'
  | 'u'
  | 'v'
  | 'w'
  | 'x'
  | 'y'
  | 'z';
type Letter =
  Lower | Uppercase<Lower> | '_' | '-' | '.' | '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';
/** Names that cannot be meant for a built-in one. TypeScript has no type for all but those that begin so. */
type Foreign =
  | `${Exclude<Letter, 'h' | 'd'>}${string}`
  | `h${Exclude<Letter, 't'>}${string}`
  | `d${Exclude<Letter, 'r'>}${string}`;

/** Thresholds of a target whose metrics are not known here. */
export type ForeignThresholds = ThresholdsOn<BuiltInThresholds> & {
  readonly [Metric in Foreign]?: readonly Entry<ThresholdExpression>[];
};

/**
 * Thresholds as they were written, held against what they may say: of a target of somebody else's the names of metrics
 * are not known, but one that begins as the built-in ones do is a slip.
 */
export type CheckedThresholds<Given> = {
  readonly [Key in keyof Given]: Key extends keyof ThresholdsOn<BuiltInThresholds>
    ? ThresholdsOn<BuiltInThresholds>[Key]
    : Key extends Reserved
      ? 'unknown metric'
      : readonly Entry<ThresholdExpression>[];
} & ThresholdsInput;
