export * from './errors.js';
export * from './exit-codes.js';
export * from './values/duration.js';
export { loadwrightVersion } from './version.js';
export { clockOffset, requireClock, sigv4ClockToleranceSeconds, type ClockOffset } from './clock.js';
export { networkFailure } from './network-failure.js';
export type * from './values/json.js';
export { JsonNumber, jsonValueSchema, stringifyJson } from './values/json-number.js';
export type * from './target/contract.js';
export type * from './target/options-schema.js';
export type * from './target/emulator-contract.js';
export { defineTarget } from './target/define-target.js';
export type { PreflightAnswer, PreflightBody } from './target/preflight-answer.js';
export { contentFailure, preflightFailure } from './target/preflight-failure.js';
export { preflightCommand, readPreflightAnswer } from './target/preflight-command.js';
export { maxAnswerBytesSchema } from './target/answer-size.js';
export { goodputConfig, goodputSchema, tokenMetrics } from './target/token-metrics.js';
export { tlsOptionsSchema, type TlsOptions } from './target/tls-options.js';
export { responseCheckSchema, type ResponseCheck } from './target/response-check.js';
export type * from './fleet/contract.js';
export type * from './fleet/kind.js';
export type * from './bundle/bundle.js';
export { digestWithoutLoad } from './bundle/digest.js';
export { fleetTokenVariable } from './bundle/fleet-token.js';
export {
  partsOf,
  payloadSourceSchema,
  type PayloadPart,
  type PayloadSource,
  type TargetPayloads,
} from './payloads/source.js';
export { type LoadProfile, type LoadProfileInput } from './load/profile.js';
export { loadProfileSchema } from './load/profile-schema.js';
export type * from './load/plan.js';
export { resolveLoad, resolveTestLoad } from './load/resolve.js';
export type * from './locust/statistics.js';
export * from './series/index.js';
export { endedRequests } from './locust/outcomes.js';
export * from './run/events.js';
export type * from './measure/sample-contract.js';
export type * from './run/contract.js';
export {
  tolerableRuleIds,
  validityRuleIds,
  type TolerableRuleId,
  type ValidityRuleId,
} from './judge/validity/ids.js';
export * from './report/index.js';
export {
  createCautiousRedactor,
  createRedactor,
  redactorOf,
  redactStrings,
  withoutCredentials,
} from './secrets/redactor.js';
export { writeWhole, writeWholeStream } from './files.js';
export { longestWait, whileWaiting, type Wait } from './waiting.js';
export { printable, printableInColour } from './values/printable.js';
export { isSecretName, withoutLogins } from './secrets/names.js';
export { collectSecrets, redactOptions } from './secrets/options.js';
export {
  validate,
  describeIssues,
  type ValidateOptions,
  type DescribeOptions,
} from './validation/validate.js';
export { jsonSchemaOf, type JsonSchema } from './values/json-schema.js';
export { createLoadTest } from './run/create-load-test.js';
export { fingerprintOf, pinnedFetch, refusalOf } from './locust/pinned-fetch.js';
export {
  LocustMaster,
  masterOf,
  type LocustMasterOptions,
  type MasterLogs,
  type Swarm,
} from './locust/master.js';
export { waitForWorkers } from './fleet/connect.js';
export { isLoadRunning, requireIdle } from './fleet/idle.js';
export { nothingLeft } from './fleet/provision.js';
export { askMaster, isBeingMadeReady } from './fleet/ask-master.js';
export { followTest, type FollowOptions } from './run/follow.js';
export { collectResults, type CollectedResults } from './results/collect-results.js';
export { createFleetId, createRunId } from './run/run-id.js';
export { deployFleet, openFleet, OpenedFleet, type LogLine } from './fleet/opened-fleet.js';
export { pythonDirectory, requirementsFile, locustVersion } from './python-files.js';
export {
  loadTarget,
  validateTargetFactory,
  assertTarget,
  type BuiltInTargets,
  type LoadTargetOptions,
} from './plugins/load-target.js';
export { writePayloads, checkPayloads, type PayloadOptions, type WrittenPayloads } from './payloads/write.js';
