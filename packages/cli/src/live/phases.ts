import type { Phase } from '@loadwright/core';

/** What goes on in each phase, where its name alone does not tell. */
export const phaseTitles: Readonly<Partial<Record<Phase, string>>> = {
  preflight: 'one request before the test',
  plan: 'look up resources and cost',
  provision: 'start the fleet',
  open: 'find the deployed fleet',
  connect: 'wait for the workers',
  stop: 'stop the load and wait for the last figures',
  destroy: 'remove the fleet',
};
