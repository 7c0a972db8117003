import type { Problem } from '../../report/summary.js';
import { clockSkew } from './clock.js';
import { credentialsExpired } from './credentials.js';
import { eventLoopLag, generatorCpu, resourcesExhausted, workerRestarted } from './generator.js';
import { validityRuleIds, type ValidityRuleId } from './ids.js';
import { offeredRate } from './offered-rate.js';
import { percentileSamples } from './percentile-samples.js';
import type { ValidityEvidence, ValidityRule } from './rule.js';

/**
 * Every rule by its id; the documentation makes its table of it.
 *
 * @public
 */
export const validityRules: Readonly<Record<ValidityRuleId, ValidityRule>> = {
  'worker-restarted': workerRestarted,
  'resources-exhausted': resourcesExhausted,
  'credentials-expired': credentialsExpired,
  'clock-skew': clockSkew,
  'generator-cpu': generatorCpu,
  'event-loop-lag': eventLoopLag,
  'offered-rate': offeredRate,
  'percentile-samples': percentileSamples,
};

/** Why a measurement cannot be trusted; nothing when it can. */
export function findProblems(evidence: ValidityEvidence): Problem[] {
  return validityRuleIds.flatMap((rule) =>
    validityRules[rule].check(evidence).map((reason) => ({ rule, reason })),
  );
}
