/** The rules that a measurement must hold to be trusted, in the order in which reasons are shown. */
export const validityRuleIds = [
  'worker-restarted',
  'resources-exhausted',
  'credentials-expired',
  'clock-skew',
  'generator-cpu',
  'event-loop-lag',
  'offered-rate',
  'percentile-samples',
] as const;

/** The name of a rule. */
export type ValidityRuleId = (typeof validityRuleIds)[number];
