import type { Phase } from '@loadwright/core';

/** What each phase is called on the screen. */
export const phaseTitles: Readonly<Record<Phase, string>> = {
  preflight: 'one request before the test',
  plan: 'plan',
  provision: 'start the fleet',
  connect: 'wait for the workers',
  load: 'load',
  stop: 'stop the load',
  collect: 'collect the results',
  judge: 'judge',
  destroy: 'remove the fleet',
};
