import type { Problem } from '../../report/summary.js';
import { clockSkew, credentialsExpired } from './credentials.js';
import { eventLoopLag, generatorCpu, resourcesExhausted, workerRestarted } from './generator.js';
import { offeredRate } from './offered-rate.js';
import { percentileSamples } from './percentile-samples.js';
import type { ValidityEvidence, ValidityRule } from './rule.js';

/** Every rule that a measurement must hold to be trusted, in the order in which reasons are shown. */
export const validityRules: readonly ValidityRule[] = [
  workerRestarted,
  resourcesExhausted,
  credentialsExpired,
  clockSkew,
  generatorCpu,
  eventLoopLag,
  offeredRate,
  percentileSamples,
];

/** Why a measurement cannot be trusted; nothing when it can. */
export function findProblems(evidence: ValidityEvidence): Problem[] {
  return validityRules.flatMap(({ id, check }) => check(evidence).map((reason) => ({ rule: id, reason })));
}
