/**
 * Whether one side of runs differs from another by more than chance, and baselines.
 *
 * @packageDocumentation
 */
export { Baselines, requireSameTest, type BaselineRecord, type TestIdentity } from './baselines.js';
export { compareRuns } from './compare.js';
export type * from './contract.js';
export { describeConclusion, formatDifference, formatSide } from './format.js';
export { renderComparisonHtml, type ComparedSides } from './render/html.js';
export { renderComparisonJunit } from './render/junit.js';
export { renderComparisonMarkdown } from './render/markdown.js';
export { writeComparison } from './render/write.js';
export { readComparedRun } from './read-run.js';
