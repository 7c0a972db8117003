import type { FleetKind } from '@loadwright/core/fleet';
import { awsFlags } from '../aws/kind-flags.js';

/** How the command knows fleets on EC2, without what they are made of. */
export const ec2: FleetKind = {
  kind: 'ec2',
  title: 'EC2',
  lasts: true,
  flags: awsFlags,
  load: async () => {
    const {
      ec2Fleet: create,
      ec2FleetOptionsSchema: optionsSchema,
      knownEc2Fleets: known,
    } = await import('./index.js');
    return { create, known, optionsSchema };
  },
};
