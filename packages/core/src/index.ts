/**
 * What a program needs that deploys fleets, runs tests and reads what they measured.
 *
 * @packageDocumentation
 */
export * from './errors.js';
export * from './exit-codes.js';
export { loadwrightVersion } from './version.js';
export { formatDuration, parseDuration } from './values/duration.js';
export type * from './values/json.js';
export { createLoadTest } from './run/create-load-test.js';
export { deployFleet, openFleet, OpenedFleet, type Scaled } from './fleet/opened-fleet.js';
export { diagnoseFleet } from './fleet/diagnose.js';
export { isLoadRunning } from './fleet/idle.js';
export { createFleetId, createRunId } from './run/run-id.js';
export type * from './run/contract.js';
export * from './run/events.js';
export type * from './measure/sample-contract.js';
export type * from './target/contract.js';
export type * from './fleet/contract.js';
export type { Bundle } from './bundle/bundle.js';
export type { PayloadSource } from './payloads/source.js';
export type { CsvColumn } from './payloads/csv.js';
export type { ColumnType } from './payloads/column-types.js';
export type { CsvFileColumns } from './payloads/write.js';
export type { TraceSummary } from './payloads/trace/schedule.js';
export type { AbortingThreshold, ThresholdsInput } from './judge/thresholds/input.js';
export type { LoadProfile, LoadProfileInput } from './load/profile.js';
export type * from './load/plan.js';
export type * from './locust/statistics.js';
export type * from './results/summary.js';
export type * from './results/observed-service.js';
export type { ObserveOptions } from './observe/options.js';
export {
  tolerableRuleIds,
  validityRuleIds,
  type TolerableRuleId,
  type ValidityRuleId,
} from './judge/validity/ids.js';
export { parseRunReport } from './results/parse.js';
export { renderReportHtml } from './report/html.js';
export { renderJunit } from './report/junit.js';
export { readSeries } from './series/file.js';
export {
  histogramOf,
  resample,
  trendPercentile,
  type ResampleOptions,
  type Series,
} from './series/resample.js';
export type * from './series/rows.js';
