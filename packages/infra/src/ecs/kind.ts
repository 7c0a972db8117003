import type { FleetKind } from '@loadwright/core/fleet';
import { awsFlags } from '../aws/kind-flags.js';

/** How the command knows fleets on ECS, without what they are made of. */
export const ecs: FleetKind = {
  kind: 'ecs',
  title: 'ECS',
  lasts: true,
  flags: awsFlags,
  load: async () => {
    const {
      ecsFleet: create,
      ecsFleetOptionsSchema: optionsSchema,
      knownEcsFleets: known,
    } = await import('./index.js');
    return { create, known, optionsSchema };
  },
};
