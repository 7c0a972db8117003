export * from './errors.js';
export * from './exit-codes.js';
export * from './duration.js';
export { clockOffset, requireClock, sigv4ClockToleranceSeconds, type ClockOffset } from './clock.js';
export { networkFailure } from './network-failure.js';
export type * from './json.js';
export { JsonNumber, jsonValueSchema, stringifyJson } from './json-number.js';
export type * from './target/contract.js';
export type * from './target/emulator-contract.js';
export { defineTarget } from './target/define-target.js';
export type { PreflightAnswer, PreflightBody } from './target/preflight-answer.js';
export { contentFailure, preflightFailure } from './target/preflight-failure.js';
export { preflightCommand, readPreflightAnswer } from './target/preflight-command.js';
export { maxAnswerBytesSchema } from './target/answer-size.js';
export { tlsOptionsSchema, type TlsOptions } from './target/tls-options.js';
export { responseCheckSchema, type ResponseCheck } from './target/response-check.js';
export type * from './fleet/contract.js';
export type * from './bundle/bundle.js';
export { digestWithoutLoad } from './bundle/digest.js';
export { fleetTokenVariable } from './bundle/fleet-token.js';
export { payloadSourceSchema, type PayloadSource } from './payloads/source.js';
export { loadProfileSchema, type LoadProfile, type LoadProfileInput } from './load/profile.js';
export type * from './load/plan.js';
export { resolveLoad, resolveTestLoad } from './load/resolve.js';
export type * from './locust/statistics.js';
export * from './series/index.js';
export { endedRequests } from './locust/outcomes.js';
export * from './run/events.js';
export type * from './run/contract.js';
export {
  tolerableRuleIds,
  validityRuleIds,
  type TolerableRuleId,
  type ValidityRuleId,
} from './run/validity/ids.js';
export * from './report/index.js';
export {
  createCautiousRedactor,
  createRedactor,
  redactorOf,
  redactStrings,
  withoutCredentials,
} from './secrets.js';
export { writeWhole, writeWholeStream } from './files.js';
export { longestWait, whileWaiting, type Wait } from './waiting.js';
export { printable, printableInColour } from './printable.js';
export { isSecretName, withoutLogins } from './secret-names.js';
export { collectSecrets, redactOptions } from './secret-options.js';
export { validate, describeIssues, type ValidateOptions, type DescribeOptions } from './validation.js';
export { jsonSchemaOf, type JsonSchema } from './json-schema.js';
export { createLoadTest } from './run/create-load-test.js';
export { fingerprintOf, pinnedFetch, refusalOf } from './locust/pinned-fetch.js';
export {
  LocustMaster,
  masterOf,
  type LocustMasterOptions,
  type MasterLogs,
  type Swarm,
} from './locust/master.js';
export { waitForWorkers } from './run/connect.js';
export { isLoadRunning, requireIdle } from './run/idle.js';
export { nothingLeft } from './run/stand-up.js';
export { askMaster, isBeingMadeReady } from './run/ask-standing.js';
export { followTest, type FollowOptions } from './run/follow.js';
export { collectResults, type CollectedResults } from './run/collect-results.js';
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
