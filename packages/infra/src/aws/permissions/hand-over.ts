import type { IamStatement } from '@loadwright/core/fleet';
import { certificateParameter, parameterPrefix } from '../fleet-identity.js';
import { arnOf } from './arn.js';
import type { PolicyDuties } from './fleet-policies.js';

/** Lets a machine write, of all parameters, the one that who made it takes the certificate of its web UI from. */
export function handOverStatement({
  region,
  owner,
  ...fleet
}: Pick<PolicyDuties, 'fleetKind' | 'fleetId' | 'region' | 'owner'>): IamStatement {
  const name = `parameter${parameterPrefix(fleet, owner)}${certificateParameter}`;
  return {
    Effect: 'Allow',
    Action: ['ssm:PutParameter'],
    Resource: [arnOf('ssm', region, name, { accountId: '*' })],
  };
}
