export { compareRuns } from './compare.js';
export { formatDifference } from './judge-gates.js';
export type * from './contract.js';
