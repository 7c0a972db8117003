/**
 * How much a service holds: the highest arrival rate at which objectives hold.
 *
 * @packageDocumentation
 */
export { calibrate, type CalibrateOptions } from './calibrate.js';
export { forecastOf } from './plan.js';
export { parseTiers, type MeasuredTier, type TierInput } from './objectives.js';
export { searchCapacity } from './search/search.js';
export { describeLimit, type Calibration } from './result.js';
export type * from './contract.js';
