import { createHash } from 'node:crypto';
import {
  DescribeInstancesCommand,
  paginateDescribeInstances,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
  type RunInstancesCommandInput,
  type _InstanceType,
} from '@aws-sdk/client-ec2';
import { LoadwrightError } from '@loadwright/core';
import type { Aws } from '../clients.js';
import type { CreatableKind } from '../kind.js';
import { poll } from '../poll.js';
import { readTags, tagKeys, tagsOf, type RunIdentity } from '../run-identity.js';
import { codeOf, unlessAbsent } from '../service-error.js';
import { loadwrightVersion } from '../version.js';
import { ec2Filters } from './filters.js';

/** How a machine is launched. */
export interface InstanceParameters {
  readonly instanceType: string;
  readonly imageId: string;
  /** Device of the image's root volume: `/dev/sda1`. */
  readonly rootDevice: string;
  readonly volumeGigabytes: number;
  /** Tried in this order: a zone may have no capacity. */
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
  readonly securityGroupId: string;
  readonly instanceProfileName: string;
  readonly publicAddress: boolean;
  readonly keyPair: string | undefined;
  readonly spot: boolean;
  /** Compressed, and without secrets: whoever may describe the machine reads it. */
  readonly userData: Buffer;
  /** Facts that `attach` needs, as tags. */
  readonly facts: Readonly<Record<string, string>>;
}

/** This zone cannot give the machine, another one may. */
const zoneIsFull =
  /^(InsufficientInstanceCapacity|Unsupported|SpotMaxPriceTooLow|InsufficientFreeAddressesInSubnet)$/;

/** EC2 does not see a new instance profile at once. */
const profileIsUnseen = /invalid iam instance profile|has no associated iam roles/i;

const goneStates = new Set(['terminated']);

export const instance: CreatableKind<InstanceParameters> = {
  name: 'instance',

  async find(aws, scope) {
    const found: Instance[] = [];
    const pages = paginateDescribeInstances({ client: aws.ec2 }, { Filters: ec2Filters(scope) });
    for await (const { Reservations = [] } of pages) {
      found.push(...Reservations.flatMap(({ Instances = [] }) => Instances));
    }
    return found
      .filter(({ State }) => !goneStates.has(State?.Name ?? ''))
      .map(({ InstanceId = '', State, Tags }) => {
        const tags = readTags(Tags);
        return {
          kind: this.name,
          id: InstanceId,
          runId: tags[tagKeys.runId] ?? '',
          tags,
          state: State?.Name ?? '',
        };
      });
  },

  async create(aws, run, parameters) {
    const full: string[] = [];
    let last: unknown;
    for (const subnet of parameters.subnets) {
      try {
        return await launch(aws, run, parameters, subnet.id);
      } catch (error) {
        if (!zoneIsFull.test(codeOf(error))) throw error;
        full.push(`${subnet.zone}: ${codeOf(error)}`);
        last = error;
      }
    }
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `No zone has a ${parameters.instanceType} to give: ${full.join(', ')}.`,
      {
        hint: 'Try again later, or choose another instanceType, region or subnet.',
        cause: last,
        retryable: true,
      },
    );
  },

  async exists(aws, id) {
    const found = await describeInstance(aws, id);
    return found !== undefined && !goneStates.has(found.State?.Name ?? '');
  },

  async destroy(aws, id) {
    await unlessAbsent(aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })));
    const { removal } = aws.settings.pace;
    const gone = await poll(aws, removal, async () => ((await this.exists(aws, id)) ? undefined : true));
    if (gone) return;
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `the instance ${id} has not ended after ${removal / 1000} s`,
      {
        retryable: true,
      },
    );
  },
};

/** The machine as EC2 describes it; undefined when there is none. */
export async function describeInstance(aws: Aws, id: string): Promise<Instance | undefined> {
  const answer = await unlessAbsent(aws.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })));
  return answer?.Reservations?.[0]?.Instances?.[0];
}

async function launch(
  aws: Aws,
  run: RunIdentity,
  parameters: InstanceParameters,
  subnetId: string,
): Promise<string> {
  const input = launchInput(run, parameters, subnetId);
  // The same step of the same run is the same machine, also after a crash: a token made by the SDK would differ.
  const ClientToken = createHash('sha256')
    .update(JSON.stringify([run.runId, input]))
    .digest('hex');
  const id = await poll(aws, aws.settings.pace.propagation, async () => {
    try {
      const { Instances } = await aws.ec2.send(new RunInstancesCommand({ ...input, ClientToken }));
      return Instances?.[0]?.InstanceId;
    } catch (error) {
      if (profileIsUnseen.test((error as Error).message)) return undefined;
      throw error;
    }
  });
  if (id !== undefined) return id;
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `EC2 does not see the instance profile ${parameters.instanceProfileName} after ${aws.settings.pace.propagation / 1000} s.`,
    { hint: 'Try again: IAM was slow to spread it. One of your own must hold a role.', retryable: true },
  );
}

function launchInput(
  run: RunIdentity,
  parameters: InstanceParameters,
  subnetId: string,
): Omit<RunInstancesCommandInput, 'ClientToken'> {
  const tags = [
    ...tagsOf(run, 'master', loadwrightVersion()),
    ...Object.entries(parameters.facts).map(([Key, Value]) => ({ Key, Value })),
  ];
  return {
    MinCount: 1,
    MaxCount: 1,
    InstanceType: parameters.instanceType as _InstanceType,
    ImageId: parameters.imageId,
    UserData: parameters.userData.toString('base64'),
    IamInstanceProfile: { Name: parameters.instanceProfileName },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnetId,
        Groups: [parameters.securityGroupId],
        AssociatePublicIpAddress: parameters.publicAddress,
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: parameters.rootDevice,
        Ebs: {
          VolumeSize: parameters.volumeGigabytes,
          VolumeType: 'gp3',
          Encrypted: true,
          DeleteOnTermination: true,
        },
      },
    ],
    // One hop: containers behind a bridge get no credentials of the role, those on the host's network do.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    // The expiry timer powers the machine off, and that must end it.
    InstanceInitiatedShutdownBehavior: 'terminate',
    ...(parameters.keyPair !== undefined && { KeyName: parameters.keyPair }),
    ...(parameters.spot && {
      InstanceMarketOptions: {
        MarketType: 'spot',
        SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
      },
    }),
    TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: tags,
    })),
  };
}
