import type { FleetKind } from '@loadwright/core/fleet';

/** How the command knows fleets on ECS, without what they are made of. */
export const ecs: FleetKind = {
  kind: 'ecs',
  title: 'ECS',
  lasts: true,
  flags: [
    {
      option: 'region',
      flag: '--region',
      value: 'region',
      description: 'region of the fleet',
      of: 'place',
      example: 'eu-west-1',
    },
    {
      option: 'profile',
      flag: '--profile',
      value: 'profile',
      description: 'AWS profile of the fleet',
      of: 'place',
    },
    {
      option: 'instanceType',
      flag: '--instance-type',
      value: 'type',
      description: 'instance type of the machine',
      of: 'machines',
    },
    {
      option: 'keyPair',
      flag: '--key-name',
      value: 'name',
      description: 'key pair of the machine',
      of: 'machines',
    },
  ],
  load: async () => {
    const {
      ecsFleet: create,
      ecsFleetOptionsSchema: optionsSchema,
      knownEcsFleets: known,
    } = await import('./index.js');
    return { create, known, optionsSchema };
  },
};
