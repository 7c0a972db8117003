import { GetPolicyCommand } from '@aws-sdk/client-iam';
import { LoadwrightError } from '@loadwright/core';
import { boundaryOf, type MachineWishes } from '../permissions.js';
import type { Place } from '../permissions/place.js';
import type { Aws } from '../clients.js';
import { codeOf, unlessAbsent } from '../service-error.js';

/**
 * The permissions boundary for the role of a machine: the one that is named, else that of the account if it has one.
 *
 * @returns its ARN; undefined when the account has none, or nobody may look.
 * @throws LoadwrightError `CONFIG_INVALID` when the one that is named does not exist.
 */
export async function findBoundary(
  aws: Aws,
  place: Place,
  wishes: MachineWishes,
): Promise<string | undefined> {
  const arn = boundaryOf(place, wishes);
  try {
    const found = await unlessAbsent(aws.iam.send(new GetPolicyCommand({ PolicyArn: arn })));
    if (found) return arn;
  } catch (error) {
    // Whoever may make roles without a boundary need not be allowed to look for one.
    if (wishes.permissionsBoundary !== undefined || !/^AccessDenied/.test(codeOf(error))) throw error;
  }
  if (wishes.permissionsBoundary === undefined) return undefined;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.permissionsBoundary: found ${arn}, which does not exist in account ${place.accountId}`,
    {
      hint: 'Create it from "loadwright iam policy --boundary", or leave the option permissionsBoundary out.',
    },
  );
}
