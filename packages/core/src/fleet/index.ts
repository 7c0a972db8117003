/**
 * All that the author of a fleet imports, but for the tests of one: they are in `@loadwright/core/testing`.
 *
 * @packageDocumentation
 */
export * from '../errors.js';
export { loadwrightVersion } from '../version.js';
export { durationSchema, formatDuration, parseDuration, secondsOf } from '../values/duration.js';
export { formatDollars, formatNumber } from '../values/format.js';
export type * from '../values/json.js';
export type * from './contract.js';
export type * from './kind.js';
export type { IamStatement } from '../target/contract.js';
export type { Bundle } from '../bundle/bundle.js';
export { digestWithoutLoad } from '../bundle/digest.js';
export { fleetTokenVariable } from '../bundle/fleet-token.js';
export { pythonDirectory, requirementsFile, locustVersion } from '../python-files.js';
export { askMaster, isBeingMadeReady } from './ask-master.js';
export { waitForWorkers } from './connect.js';
export { fleetNameSchema, fleetsNamed, holdsName, isFleetId } from './fleet-name.js';
export { isLoadRunning, requireIdle } from './idle.js';
export { nothingLeft } from './provision.js';
export {
  LocustMaster,
  masterOf,
  type LocustMasterOptions,
  type MasterLogs,
  type Swarm,
} from '../locust/master.js';
export type * from '../locust/statistics.js';
export { fingerprintOf, pinnedFetch, refusalOf } from '../locust/pinned-fetch.js';
export { resolveLoad, resolveTestLoad } from '../load/resolve.js';
export type * from '../load/plan.js';
export { collectResults, type CollectedResults } from '../results/collect-results.js';
export { followTest, type FollowOptions } from '../run/follow.js';
export * from '../target/kept-probe.js';
export { readPreflightAnswer, type PreflightCommand } from '../target/preflight-command.js';
export type { PreflightAnswer } from '../target/preflight-answer.js';
export { clockOffset, requireClock, sigv4ClockToleranceSeconds, type ClockOffset } from '../clock.js';
export { networkFailure } from '../network-failure.js';
export { redactorOf } from '../secrets/redactor.js';
export { printable } from '../values/printable.js';
export { validate, type DescribeOptions, type ValidateOptions } from '../validation/validate.js';
export { whileWaiting, type Wait } from '../waiting.js';
export { writeWhole } from '../files.js';
