import type { FleetFlag } from '@loadwright/core/fleet';

/** Flags of the command for fleets on AWS. This file imports nothing: the command reads it before it knows which fleet is meant. */
export const awsFlags: readonly FleetFlag[] = [
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
];
