import type { IamStatement } from '@loadwright/core/fleet';
import type { FleetName, FleetRegion } from '../fleet-identity.js';
import { arnOf } from './arn.js';
import { tagCondition } from './tag-condition.js';

/** What decides whether a schedule of AWS ends the machines of a fleet besides. */
export interface EndWish {
  /** `if-permitted` by default. */
  readonly endFromOutside?: 'if-permitted' | 'always' | 'never' | undefined;
  readonly instanceProfile?: string | undefined;
}

/** Is a schedule to end them? It needs a role of its own, which who brings a profile may not be allowed to make. */
export function endsFromOutside({ endFromOutside = 'if-permitted', instanceProfile }: EndWish): boolean {
  return endFromOutside === 'always' || (endFromOutside === 'if-permitted' && instanceProfile === undefined);
}

/** What the role of a schedule may do: end the machines of its fleet, which the tag names. */
export function endStatements({ fleetKind, fleetId, region }: FleetName & FleetRegion): IamStatement[] {
  return [
    {
      Effect: 'Allow',
      Action: ['ec2:TerminateInstances'],
      Resource: [arnOf('ec2', region, 'instance/*', { accountId: '*' })],
      Condition: tagCondition('aws:ResourceTag', { fleetKind, fleetId }),
    },
  ];
}
