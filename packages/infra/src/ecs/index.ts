/**
 * Load from many machines, or Fargate tasks, of Amazon ECS.
 *
 * @packageDocumentation
 */
export { ecsFleet } from './fleet.js';
export { knownEcsFleets } from './known-fleets.js';
export { ecsFleetOptionsSchema, type EcsFleetOptions } from './options.js';
