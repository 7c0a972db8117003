export {
  capacityOptionsSchema,
  capacityRequestsPerSecond,
  logNormalSigma,
  type CapacityOptions,
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
