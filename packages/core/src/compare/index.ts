export { compareRuns } from './compare.js';
export type * from './contract.js';
export { describeConclusion, formatDifference, formatSide } from './format.js';
export { renderComparisonJunit } from './junit.js';
export { renderComparisonMarkdown } from './markdown.js';
