import type { Phase } from '@loadwright/core';

/** What goes on in each phase, where its name alone does not tell. */
export const phaseTitles: Readonly<Partial<Record<Phase, string>>> = {
  preflight: 'one request before the test',
  plan: 'ask what would be made',
  provision: 'start the fleet',
  attach: 'find the fleet that stands',
  connect: 'wait for the workers',
  stop: 'stop the load and wait for the last figures',
  destroy: 'remove the fleet',
};
