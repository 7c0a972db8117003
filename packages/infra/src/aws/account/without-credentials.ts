import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { lookUpAccount, type Account, type MachineWish } from './account.js';

/** Vcpus of the sizes that are no number of `xlarge`. */
const ofSmallSizes: Readonly<Record<string, number>> = { medium: 1, large: 2, xlarge: 4 };

/** The burstable families have two from the smallest on: https://aws.amazon.com/ec2/instance-types/t3/ */
const burstable = /^t\d/;

/** Does this machine have no credentials for AWS at all? Those that are wrong, or over, are a fault to be mended. */
export async function hasNoCredentials(aws: Aws): Promise<boolean> {
  try {
    await aws.sts.config.credentials();
    return false;
  } catch (error) {
    aws.signal.throwIfAborted();
    return /^Could not load credentials from any providers/.test((error as Error).message);
  }
}

/**
 * What is likely of an account at which nobody can look: a machine of what its type's name says, in a network that leads to the
 * internet by public addresses.
 *
 * @throws LoadwrightError `CREDENTIALS_INVALID` when the name does not tell how many vCPUs it has
 */
export function assumedAccount(
  { instanceType, newestImages, allowedAddresses, image }: MachineWish,
  region: string,
): Account {
  return {
    accountId: '*',
    arn: '',
    credentialsExpireAt: undefined,
    clock: undefined,
    callerAddress: allowedAddresses === undefined ? 'your address' : undefined,
    instanceType: { ...machineOf(instanceType), memoryMebibytes: 0, zones: [] },
    image: { id: image ?? `newest of ${newestImages.name}`, rootDevice: '', architecture: '' },
    subnets: [{ id: '', vpcId: '', zone: `a zone of ${region}`, wayOut: 'internet-gateway' }],
  };
}

/**
 * The vCPUs of a machine: what AWS says, or without credentials what its type's name says.
 *
 * @throws LoadwrightError as {@link lookUpAccount} and {@link assumedAccount} do
 */
export async function vcpusOf(aws: Aws, wish: MachineWish, region: string): Promise<number> {
  const { instanceType } = (await hasNoCredentials(aws))
    ? assumedAccount(wish, region)
    : await lookUpAccount(aws, wish);
  return instanceType.vcpus;
}

/** By the rule of the names: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html */
function machineOf(instanceType: string): Pick<Account['instanceType'], 'vcpus' | 'architecture'> {
  const [, family = '', attributes = '', size = ''] =
    /^([a-z]+\d+)([a-z-]*)\.([\w-]+)$/.exec(instanceType) ?? [];
  const times = /^(\d+)xlarge$/.exec(size)?.[1];
  const vcpus = times === undefined ? ofSmallSizes[size] : 4 * Number(times);
  const known = burstable.test(family) ? Math.max(2, vcpus ?? 2) : vcpus;
  if (known !== undefined) {
    return { vcpus: known, architecture: attributes.includes('g') ? 'arm64' : 'x86_64' };
  }
  throw new LoadwrightError(
    'CREDENTIALS_INVALID',
    `There are no AWS credentials, and the name ${instanceType} does not tell how many vCPUs that machine has.`,
    { hint: 'Set the option profile or the variable AWS_PROFILE, or choose a size such as c7i.4xlarge.' },
  );
}

/** The first note of a plan: whose it is, or what it is worth. */
export function describeAccount({ accountId, arn }: Account, region: string): string {
  return arn === ''
    ? `There are no AWS credentials: prices are of the table that comes with this package, what the machine is follows from the name of its type, and nothing of an account in ${region} was looked at, such as its network, quotas and permissions.`
    : `In ${region} of account ${accountId}, as ${arn}.`;
}
