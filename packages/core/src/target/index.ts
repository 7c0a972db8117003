/**
 * All that the author of a target imports, but for the tests of one: they are in `@loadwright/core/testing`.
 *
 * @packageDocumentation
 */
export * from '../errors.js';
export { durationSchema, formatDuration, parseDuration, secondsOf } from '../values/duration.js';
export type * from '../values/json.js';
export { JsonNumber, parseJson, stringifyJson } from '../values/json-number.js';
export { jsonValueSchema } from '../values/json-value-schema.js';
export type * from './contract.js';
export type * from './options-schema.js';
export type * from './emulator-contract.js';
export type * from './observation-contract.js';
export type * from './scaling-contract.js';
export type * from './staging-contract.js';
export type { EmulatedRequest, EmulatedResponse } from '../testing/loopback-endpoint.js';
export { defineTarget } from './define-target.js';
export type { PreflightAnswer, PreflightBody } from './preflight-answer.js';
export { contentFailure, preflightFailure } from './preflight-failure.js';
export { maxAnswerBytesSchema } from './answer-size.js';
export { tlsOptionsSchema, type TlsOptions } from './tls-options.js';
export { responseCheckSchema, type ResponseCheck } from './response-check.js';
export {
  partsOf,
  csvSeparatorSchema,
  payloadSourceSchema,
  type PayloadPart,
  type PayloadSource,
  type TargetPayloads,
} from '../payloads/source.js';
export { goodputConfig, goodputSchema, renewalMetrics, tokenMetrics } from './token-metrics.js';
export { clockOffset, requireClock, sigv4ClockToleranceSeconds, type ClockOffset } from '../clock.js';
export { parsePrometheus, type PrometheusSample } from '../values/prometheus.js';
export { networkFailure } from '../network-failure.js';
export { isSecretName, withoutLogins } from '../secrets/names.js';
export { validate, type DescribeOptions, type ValidateOptions } from '../validation/validate.js';
export { pythonDirectory } from '../python-files.js';
