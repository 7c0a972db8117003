/** How much a service holds: the highest arrival rate at which objectives hold. */
export { calibrate, type CalibrateOptions } from './calibrate.js';
export { forecastOf } from './plan.js';
export { parseTiers, type MeasuredTier, type TierInput } from './objectives.js';
export { searchCapacity } from './search.js';
export type { Calibration } from './result.js';
export type * from './contract.js';
