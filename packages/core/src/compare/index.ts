/**
 * Whether one side of runs differs from another by more than chance, and baselines.
 *
 * @packageDocumentation
 */
export { Baselines, requireSameTest, type BaselineRecord, type TestIdentity } from './baselines.js';
export { compareRuns } from './compare.js';
export type * from './contract.js';
export { describeConclusion, formatDifference, formatSide } from './format.js';
export { renderComparisonJunit } from './junit.js';
export { renderComparisonMarkdown } from './markdown.js';
export { readComparedRun } from './read-run.js';
