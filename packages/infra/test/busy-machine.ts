import type { TolerableRuleId } from '@loadwright/core';

/** What is judged by the time that a machine has for the load. Tests run on one that does other things too. */
export const busyMachine = [
  'generator-cpu',
  'event-loop-lag',
  'offered-rate',
  'percentile-samples',
  'worker-stalled',
] as const satisfies readonly TolerableRuleId[];

/** The same for a configuration. */
export const busyMachineReasons = Object.fromEntries(
  busyMachine.map((rule) => [rule, 'tests share the machine']),
) as Readonly<Record<(typeof busyMachine)[number], string>>;

/** The same for the command. */
export const busyMachineFlags = busyMachine.flatMap((rule) => ['--tolerate', rule]);

/** What a configuration asks of response times is not asked of a machine that is shared. */
export const anyTimeFlags = ['--threshold', 'http_req_duration: p(95)<60000'];
