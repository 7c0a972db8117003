/** How the number of an endpoint's instances follows the load: changing it, simulating it, recommending it. */
export { changeScaling, restoreScaling, whileSuspended, type ScaledEndpoint } from './change.js';
export { settingsDifferences, stateDifferences, type ScalingDifference } from './differences.js';
export { readSnapshot, type ScalingSnapshot } from './snapshot.js';
