import type { Problem } from '../../results/summary.js';
import { clockSkew } from './clock.js';
import { credentialsExpired } from './credentials.js';
import {
  eventLoopLag,
  generatorCpu,
  resourcesExhausted,
  workerRestarted,
  workerStalled,
} from './generator.js';
import { validityRuleIds, type ValidityRuleId } from './ids.js';
import { loadLength } from './load-length.js';
import { offeredRate } from './offered-rate.js';
import { percentileSamples } from './percentile-samples.js';
import { accounting, events, exceptions, serviceCounts, unaskedAnswers } from './test-rules.js';
import type { ValidityEvidence, ValidityRule } from './rule.js';

/**
 * Every rule by its id; the documentation makes its table of it.
 *
 * @public
 */
export const validityRules: Readonly<Record<ValidityRuleId, ValidityRule>> = {
  'worker-restarted': workerRestarted,
  'worker-stalled': workerStalled,
  'load-length': loadLength,
  events,
  exceptions,
  'resources-exhausted': resourcesExhausted,
  'credentials-expired': credentialsExpired,
  'clock-skew': clockSkew,
  'generator-cpu': generatorCpu,
  'event-loop-lag': eventLoopLag,
  'offered-rate': offeredRate,
  'percentile-samples': percentileSamples,
  accounting,
  'unasked-answers': unaskedAnswers,
  'service-counts': serviceCounts,
};

/** Why a measurement cannot be trusted; nothing when it can. */
export function findProblems(evidence: ValidityEvidence): Problem[] {
  return validityRuleIds.flatMap((rule) =>
    validityRules[rule].check(evidence).map((reason) => ({ rule, reason })),
  );
}
