import type { IamStatement } from '@loadwright/core/fleet';
import { bucketName, parameterPrefix } from '../../aws/fleet-identity.js';
import type { PolicyDuties } from '../../aws/permissions/fleet-policies.js';
import { handOverStatement } from '../../aws/permissions/hand-over.js';
import { sessionManagerStatement } from '../../aws/permissions/session-manager.js';
import { arnOf } from '../../aws/permissions/arn.js';

/** What the machine of a fleet is for. */
export interface MachineDuties extends PolicyDuties {
  /** Does it hand over a certificate? Default: it may. */
  readonly handsOverCertificate?: boolean;
}

/**
 * What the machine itself may do: read its own bundle and its own secrets, hand over its certificate, be reached by
 * Session Manager, and what the target needs. The secrets are encrypted with the key aws/ssm, which needs no permission of its own.
 */
export function machineStatements(duties: MachineDuties): IamStatement[] {
  const { region, owner, iamStatements, handsOverCertificate = true } = duties;
  const secrets = `parameter${parameterPrefix(duties, owner).replace(/\/$/, '')}`;
  return [
    {
      Effect: 'Allow',
      Action: ['s3:GetObject'],
      Resource: [arnOf('s3', region, `${bucketName(duties, region)}/*`, { inRegion: false })],
    },
    {
      Effect: 'Allow',
      // Removed by the machine itself when its time is over.
      Action: ['ssm:DeleteParameters', 'ssm:GetParametersByPath'],
      Resource: [secrets, `${secrets}/*`].map((name) => arnOf('ssm', region, name, { accountId: '*' })),
    },
    ...(handsOverCertificate ? [handOverStatement(duties)] : []),
    sessionManagerStatement,
    ...iamStatements,
  ];
}
