import { RunInstancesCommand, type _InstanceType } from '@aws-sdk/client-ec2';
import type { Account } from '../../aws/account.js';
import type { Aws } from '../../aws/clients.js';
import { tagKeys } from '../../aws/run-identity.js';
import { codeOf } from '../../aws/service-error.js';
import type { Ec2FleetSettings } from '../settings.js';

/** EC2 may look at quotas before it says that it would have started a machine. */
const overQuota = /^(VcpuLimitExceeded|MaxSpotInstanceCountExceeded)$/;

/**
 * Asks EC2 whether it would start the machine. It starts nothing.
 *
 * @param isQuotaTold whether another look has told that the quota does not suffice
 */
export async function checkLaunch(
  aws: Aws,
  settings: Ec2FleetSettings,
  runId: string,
  { image, subnets }: Pick<Account, 'image' | 'subnets'>,
  isQuotaTold: boolean,
): Promise<string> {
  const [subnet] = subnets;
  const { keyPair, securityGroup, instanceProfile, spot } = settings;
  try {
    await aws.ec2.send(
      new RunInstancesCommand({
        DryRun: true,
        MinCount: 1,
        MaxCount: 1,
        InstanceType: settings.instanceType as _InstanceType,
        ImageId: image.id,
        SubnetId: subnet?.id,
        KeyName: keyPair,
        SecurityGroupIds: securityGroup === undefined ? undefined : [securityGroup],
        IamInstanceProfile: instanceProfile === undefined ? undefined : { Name: instanceProfile },
        InstanceMarketOptions: spot ? { MarketType: 'spot' } : undefined,
        TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map((ResourceType) => ({
          ResourceType,
          Tags: [{ Key: tagKeys.runId, Value: runId }],
        })),
      }),
    );
  } catch (error) {
    // How EC2 says that it would have done it.
    const code = codeOf(error);
    if (code !== 'DryRunOperation' && !(isQuotaTold && overQuota.test(code))) throw error;
  }
  if (isQuotaTold) return 'nothing but the quota is in the way';
  return `EC2 would start a ${settings.instanceType} in ${subnet?.zone}`;
}
