/**
 * Reports and series: reading, writing and showing what a run measured.
 *
 * @packageDocumentation
 */
export * from '../values/format.js';
export { errorHint } from './error-hints.js';
export { failuresView, type FailuresView, type FailureView } from './failures-view.js';
export { renderReportHtml } from './html.js';
export { renderJunit } from './junit.js';
export { renderLivePage, renderLiveUpdate, type LiveRun, type LiveUpdate } from './live.js';
export { renderReportMarkdown } from './markdown.js';
export { measuredOver, stoppedAfter } from './thresholds-view.js';
export { verdictView, type VerdictView } from './verdict-view.js';
export { parseRunReport, runReportJsonSchema } from '../results/parse.js';
export type * from '../results/summary.js';
export { endedRequests } from '../locust/outcomes.js';
export * from '../series/index.js';
