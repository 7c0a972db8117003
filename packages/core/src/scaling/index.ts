/**
 * How the number of an endpoint's instances follows the load: changing it, simulating it, recommending it.
 *
 * @packageDocumentation
 */
export {
  changeScaling,
  requireChangeable,
  requireRestorable,
  isChangeable,
  keptSnapshots,
  requireSuspendable,
  requireVerifiable,
  restoreScaling,
  whileSuspended,
  type ScaledEndpoint,
} from './change.js';
export { settingsDifferences, stateDifferences, type ScalingDifference } from './differences.js';
export { snapshotFileOf, type ScalingSnapshot } from './snapshot.js';
export { renderScalingHtml, scoreTexts, type SimulatedComparison } from './picture.js';
export { cheapestHeadroom } from './plan/factor.js';
export { lagOf } from './plan/lag.js';
export {
  capacityFrontier,
  fixedWays,
  instanceCosts,
  wayNames,
  withOutcomes,
  type FrontierRow,
} from './plan/frontier.js';
export { handFormula, planNames, planScaling, type ScalingPlan } from './plan/plan.js';
export { SimulatedEndpoint, type SimulatedEndpointOptions } from './simulator/endpoint.js';
export { arrivalTimes, loadSeconds, rateAt, type RampLoad } from './simulator/load.js';
export * from './simulator/model.js';
export { simulateScaling, type SimulationResult, type SimulationScore } from './simulator/simulate.js';
export { quickened, readReplay, type Replay, type ReplayedInterval } from './replay.js';
export {
  verificationCost,
  verificationRamps,
  verifyScaling,
  type ReplayScore,
  type VerificationCost,
  type VerifiedRamp,
} from './verify.js';
