import type { FleetKind } from '@loadwright/core/fleet';

/** How the command knows fleets on this machine, without what they are made of. */
export const local: FleetKind = {
  kind: 'local',
  title: 'this machine',
  lasts: false,
  flags: [],
  load: async () => {
    const { localFleet: create, localFleetOptionsSchema: optionsSchema } = await import('./index.js');
    return { create, optionsSchema };
  },
};
