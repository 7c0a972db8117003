import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Account } from '../../aws/account/account.js';
import type { Aws } from '../../aws/clients.js';
import { launchInput } from '../../aws/kinds/instance.js';
import { codeOf } from '../../aws/service-error.js';
import type { Ec2FleetSettings } from '../settings.js';

/** EC2 may look at quotas before it says that it would have started a machine. */
const overQuota = /^(VcpuLimitExceeded|MaxSpotInstanceCountExceeded)$/;

/**
 * Asks EC2 whether it would start the machine: in all that is known beforehand the one that a deployment asks for, because
 * policies of an organisation may want encrypted volumes, IMDSv2 or certain tags. It starts nothing.
 *
 * @param isQuotaReported whether another look has reported that the quota does not suffice
 */
export async function checkLaunch(
  aws: Aws,
  settings: Ec2FleetSettings,
  fleetId: string,
  { arn, image, subnets }: Pick<Account, 'arn' | 'image' | 'subnets'>,
  isQuotaReported: boolean,
): Promise<string> {
  const [subnet] = subnets;
  if (!subnet) throw new LoadwrightError('PROVISIONING_FAILED', 'There is no subnet to start a machine in.');
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + settings.timeToLiveSeconds * 1000);
  const fleet = {
    ...aws.fleet(fleetId),
    region: settings.aws.region,
    owner: arn,
    createdAt,
    expiresAt,
    tags: settings.tags,
  };
  const machine = {
    ...settings,
    imageId: image.id,
    rootDevice: image.rootDevice,
    securityGroupId: settings.securityGroup,
    instanceProfileName: settings.instanceProfile,
    keyPair: settings.keyPair,
    userData: Buffer.alloc(0),
    facts: {},
  };
  try {
    await aws.ec2.send(new RunInstancesCommand({ ...launchInput(fleet, machine, subnet), DryRun: true }));
  } catch (error) {
    // How EC2 says that it would have done it.
    const code = codeOf(error);
    if (code !== 'DryRunOperation' && !(isQuotaReported && overQuota.test(code))) throw error;
  }
  if (isQuotaReported) return 'nothing but the quota is in the way';
  return `EC2 would start a ${settings.instanceType} in ${subnet.zone}`;
}
