import { LoadwrightError } from '@loadwright/core/fleet';
import { isPublic, type Access } from '../access.js';
import type { Account } from '../account/account.js';
import type { SecurityGroupParameters } from '../kinds/security-group.js';

/** What of a fleet says who may reach its web UI. */
interface GroupWish {
  readonly access: Access;
  readonly uiPort: number;
  readonly allowedAddresses?: readonly string[] | undefined;
}

/** The security group of a fleet, in the VPC of its subnets. */
export function groupParameters(
  settings: GroupWish,
  account: Pick<Account, 'subnets' | 'callerAddress'>,
): SecurityGroupParameters {
  const [subnet] = account.subnets;
  if (!subnet) throw new LoadwrightError('PROVISIONING_FAILED', 'There is no subnet to start a machine in.');
  const own = account.callerAddress === undefined ? [] : [`${account.callerAddress}/32`];
  return {
    vpcId: subnet.vpcId,
    uiPort: settings.uiPort,
    allowedAddresses: isPublic(settings.access) ? (settings.allowedAddresses ?? own) : [],
  };
}
