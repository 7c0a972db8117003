export { ecsFleet } from './fleet.js';
export { knownEcsFleets } from './known-fleets.js';
export { ecsFleetOptionsSchema, type EcsFleetOptions } from './options.js';
