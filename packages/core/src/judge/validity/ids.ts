/** The rules that a measurement must hold to be trusted, in the order in which reasons are shown. */
export const validityRuleIds = [
  'worker-restarted',
  'worker-stalled',
  'load-length',
  'events',
  'exceptions',
  'resources-exhausted',
  'credentials-expired',
  'clock-skew',
  'generator-cpu',
  'event-loop-lag',
  'offered-rate',
  'percentile-samples',
  'accounting',
  'unasked-answers',
  'service-counts',
] as const;

/** The name of a rule. */
export type ValidityRuleId = (typeof validityRuleIds)[number];

/** What a PASS always means: every request has an outcome, the load was as long and as much as planned, and its counts are true. */
const neverTolerated = ['accounting', 'unasked-answers', 'load-length', 'events', 'service-counts'] as const;

/** The name of a rule that may only warn. */
export type TolerableRuleId = Exclude<ValidityRuleId, (typeof neverTolerated)[number]>;

/** The rules that may only warn, for a machine or a service that is known to be so. */
export const tolerableRuleIds = validityRuleIds.filter(
  (rule): rule is TolerableRuleId => !(neverTolerated as readonly string[]).includes(rule),
);
