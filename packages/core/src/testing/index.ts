/**
 * What the tests of a target or a fleet of your own use: checks that it keeps the contract, and emulators' parts.
 *
 * @packageDocumentation
 */
export {
  capacityOptionsSchema,
  capacityRequestsPerSecond,
  logNormalSigma,
  serviceTimes,
  SlotQueue,
  type CapacityOptions,
  type ServiceModel,
} from './capacity.js';
export {
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
  type LoopbackEndpoint,
  type LoopbackEndpointOptions,
} from './loopback-endpoint.js';
export { type ConformanceCheck, type KnownGaps } from './conformance.js';
export { targetConformance, type TargetConformanceOptions } from './target-conformance.js';
export { fleetConformance, type FleetConformanceOptions } from './fleet-conformance.js';
export { locustProbe, runPreflight } from './locust-probe.js';
export type { TargetLoad } from './target-subject.js';
