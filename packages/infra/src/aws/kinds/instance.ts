import { createHash } from 'node:crypto';
import {
  paginateDescribeInstances,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Filter,
  type Instance,
  type RunInstancesCommandInput,
  type _InstanceType,
} from '@aws-sdk/client-ec2';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Subnet } from '../account/network.js';
import type { Aws } from '../clients.js';
import type { CreatableKind, Scope } from '../kind.js';
import { poll } from '../poll.js';
import { partTag, readTags, staysBecause, tagKeys, tagsOf, type FleetIdentity } from '../fleet-identity.js';
import { codeOf, isRefusal, unlessAbsent } from '../service-error.js';
import { together } from '../together.js';
import { ec2Filters, filteredAtOnce } from './filters.js';
import { taggedResource } from './tagged.js';

/** What a machine is, wherever it is. */
export interface LaunchParameters {
  readonly instanceType: string;
  readonly imageId: string;
  /** Device of the image's root volume: `/dev/sda1`. */
  readonly rootDevice: string;
  readonly volumeGigabytes: number;
  /** Undefined when it is only asked whether the machine could be launched: there is none yet. */
  readonly securityGroupId: string | undefined;
  /** In the same way. */
  readonly instanceProfileName: string | undefined;
  readonly keyPair: string | undefined;
  readonly spot: boolean;
  /** Compressed, and without secrets: whoever may describe the machine reads it. */
  readonly userData: Buffer;
  /** What it is in its fleet. Absent: `master`. */
  readonly role?: string;
  /** Facts that `attach` needs, as tags. */
  readonly facts: Readonly<Record<string, string>>;
}

/** How a machine is launched. */
export interface InstanceParameters extends LaunchParameters {
  /** Tried in this order: a zone may have no capacity. */
  readonly subnets: readonly Subnet[];
}

/** This zone cannot give the machine, another one may. */
const zoneIsFull =
  /^(InsufficientInstanceCapacity|Unsupported|SpotMaxPriceTooLow|InsufficientFreeAddressesInSubnet)$/;

/** EC2 does not see a new instance profile or security group at once. */
const isUnseen =
  /invalid iam instance profile|has no associated iam roles|^Invalid(Group|SecurityGroupID)\.NotFound:/i;

/** The token is that of an earlier launch. */
const mismatch = 'IdempotentParameterMismatch';

export const instance: CreatableKind<InstanceParameters> = {
  name: 'instance',

  async find(aws, scope) {
    return (await describeAll(aws, scope)).filter(lives).flatMap((found) =>
      taggedResource(aws, found.Tags).map((own) => ({
        ...own,
        kind: this.name,
        id: found.InstanceId ?? '',
        state: found.State?.Name ?? '',
        stays: own.stays ?? whyItStays(aws, found),
        note: describeMachine(found),
      })),
    );
  },

  async create(aws, fleet, parameters) {
    const full: string[] = [];
    let last: unknown;
    for (const subnet of parameters.subnets) {
      try {
        return await launch(aws, fleet, parameters, subnet);
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
    return found !== undefined && lives(found);
  },

  async wasSeen(aws, id) {
    return (await describeInstance(aws, id)) !== undefined;
  },

  /** One that is about to end does not, nor one of which EC2 does not tell. */
  async continues(aws, id) {
    try {
      const state = (await describeInstance(aws, id))?.State?.Name;
      return state !== undefined && state !== 'shutting-down' && state !== 'terminated';
    } catch {
      aws.signal.throwIfAborted();
      return false;
    }
  },

  async destroy(aws, id) {
    const { removal } = aws.settings.pace;
    let isTold = false;
    const hasEnded = await poll(aws, 'removal', async () => {
      const asItIs = isTold ? undefined : await describeInstance(aws, id);
      const stays = asItIs && whyItStays(aws, asItIs);
      if (stays !== undefined) throw new LoadwrightError('RESOURCES_REMAIN', stays);
      isTold ||= await endInstance(aws, id);
      const found = isTold ? await describeInstance(aws, id) : undefined;
      return found && !lives(found) ? true : undefined;
    });
    if (hasEnded) return;
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `the instance ${id} has not ended after ${removal / 1000} s`,
      {
        retryable: true,
      },
    );
  },
};

/**
 * Orders the end of a machine, and does not wait for it.
 *
 * EC2 shows a machine that has ended for about an hour: that one which was found is not there means that it is not seen
 * everywhere yet.
 *
 * @returns false when EC2 does not see it
 */
export async function endInstance(aws: Aws, id: string): Promise<boolean> {
  try {
    if (await endTogether(aws, id)) return true;
    return (await unlessAbsent(aws.ec2.send(terminate([id])))) !== undefined;
  } catch (error) {
    if (codeOf(error) !== 'OperationNotPermitted') throw error;
    // Somebody protected it since: that may be undone by whoever may do so.
    const free = `aws ec2 modify-instance-attribute --instance-id ${id} --no-disable-api-termination --region ${aws.settings.region}`;
    throw new LoadwrightError('RESOURCES_REMAIN', `${(error as Error).message} This frees it: ${free}`, {
      cause: error,
    });
  }
}

const terminate = (InstanceIds: string[]) => new TerminateInstancesCommand({ InstanceIds });

/**
 * Orders the end of several. For one that EC2 does not see, or that is protected, it refuses others too: then each is asked for
 * alone, as is the only one of a call.
 */
const endTogether = together(filteredAtOnce, async (aws, ids) => {
  if (ids.length === 1) return new Map<string, true>();
  try {
    await aws.ec2.send(terminate([...ids]));
    return new Map(ids.map((id) => [id, true]));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return new Map();
  }
});

/** When the last machine of a fleet was launched. EC2 shows one that has ended for about an hour. */
export async function lastLaunch(aws: Aws, fleetId: string): Promise<Date | undefined> {
  const times = (await describeAll(aws, { fleetId })).flatMap(({ LaunchTime }) => LaunchTime ?? []);
  return times.sort((a, b) => b.getTime() - a.getTime())[0];
}

/** The machines of one fleet in every state, without those that only bear its tag. */
export async function describeFleet(aws: Aws, fleetId: string): Promise<Instance[]> {
  return (await describeAll(aws, { fleetId })).filter(
    (found) => taggedResource(aws, found.Tags).length > 0 && whyItStays(aws, found) === undefined,
  );
}

/** Machines in every state: of one fleet, or of all. Who launches many looks for each. */
async function describeAll(aws: Aws, { fleetId = '' }: Scope): Promise<readonly Instance[]> {
  return (await describeFleets(aws, fleetId)) ?? [];
}

const describeFleets = together(1, async (aws, [fleetId = '']) => {
  const scope = fleetId === '' ? {} : { fleetId };
  return new Map([[fleetId, await describe(aws, ec2Filters(scope))]]);
});

async function describe(aws: Aws, Filters: Filter[]): Promise<Instance[]> {
  const found: Instance[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: aws.ec2 }, { Filters })) {
    found.push(...Reservations.flatMap(({ Instances = [] }) => Instances));
  }
  return found;
}

/** Machines of a fleet that may have ended before the last one was launched; more than anybody makes. */
const mostLaunches = 50;

/**
 * A tag alone ends no machine: "launch more like this" copies tags, and people add them. What nobody copies is the token of
 * the launch, which follows from the fleet and the subnet. Tags do not count besides: automation of an account adds some, and
 * gives machines names of its own.
 *
 * @returns why a machine that bears a fleet's tag is not ended; undefined when it was launched for that run
 */
function whyItStays(
  { settings: { region } }: Aws,
  { InstanceId = '', ClientToken = '', SubnetId = '', Tags }: Instance,
): string | undefined {
  const { [tagKeys.fleetId]: fleetId = '', [partTag]: part } = readTags(Tags);
  const launches = Array.from({ length: mostLaunches }, (_, ended) =>
    tokenOf({ fleetId, part }, SubnetId, ended),
  );
  // One that has ended may have no subnet any more.
  if (launches.includes(ClientToken) || SubnetId === '') return undefined;
  const end = `Or end it yourself: aws ec2 terminate-instances --instance-ids ${InstanceId} --region ${region}`;
  return `${staysBecause(InstanceId, `was not launched by Loadwright for fleet ${fleetId}`, region)} ${end}`;
}

/** What whoever is asked for consent should know of a machine. */
function describeMachine({ InstanceType, State, LaunchTime, Tags }: Instance): string {
  const tags = readTags(Tags);
  const launched = LaunchTime && `launched ${LaunchTime.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const owner = tags[tagKeys.owner] && `for ${tags[tagKeys.owner]}`;
  return [tags['Name'], InstanceType, State?.Name, launched, owner].filter(Boolean).join(', ');
}

/** Has the machine not ended? */
export function lives({ State }: Instance): boolean {
  return State?.Name !== 'terminated';
}

/** The machine as EC2 describes it; undefined when there is none. */
export const describeInstance = together(filteredAtOnce, async (aws, ids) => {
  const found = await describeInstances(aws, ids);
  return new Map(found.map((one) => [one.InstanceId ?? '', one]));
});

/** Machines as EC2 describes them; one that it does not show is left out. */
export async function describeInstances(aws: Aws, ids: readonly string[]): Promise<Instance[]> {
  const found: Instance[] = [];
  for (let from = 0; from < ids.length; from += filteredAtOnce) {
    // By a filter: ids that are not seen yet would fail the call.
    const Values = ids.slice(from, from + filteredAtOnce);
    found.push(...(await describe(aws, [{ Name: 'instance-id', Values }])));
  }
  return found;
}

async function launch(
  aws: Aws,
  fleet: FleetIdentity,
  parameters: InstanceParameters,
  subnet: Subnet,
): Promise<string> {
  const input = launchInput(fleet, parameters, subnet);
  let ended = 0;
  let reason = '';
  const id = await poll(aws, 'propagation', async () => {
    try {
      const ClientToken = tokenOf(fleet, subnet.id, ended);
      const { Instances } = await aws.ec2.send(new RunInstancesCommand({ ...input, ClientToken }));
      return Instances?.[0]?.InstanceId;
    } catch (error) {
      reason = `${codeOf(error)}: ${(error as Error).message}`;
      if (codeOf(error) === mismatch) {
        // Made by an earlier attempt, with other times in its tags. EC2 may not show it yet, or not any more: it shows a
        // machine that has ended for about an hour, and knows its token for longer.
        const all = await describeAll(aws, { fleetId: fleet.fleetId });
        const machines = all.filter(({ Tags }) => readTags(Tags)[partTag] === fleet.part);
        ended = machines.length;
        return machines.find(lives)?.InstanceId;
      }
      if (isUnseen.test(reason)) return undefined;
      throw error;
    }
  });
  if (id !== undefined) return id;
  if (reason.startsWith(mismatch)) {
    throw new LoadwrightError(
      'PROVISIONING_FAILED',
      `A machine of fleet ${fleet.fleetId} was launched before, and EC2 shows none: it has ended.`,
      { hint: 'Deploy another fleet.', next: [{ action: 'deploy-fleet' }] },
    );
  }
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `EC2 does not see what the machine needs after ${aws.settings.pace.propagation / 1000} s (${reason}).`,
    {
      hint: 'Try again: AWS was slow to spread it. An instance profile of your own must hold a role.',
      retryable: true,
    },
  );
}

/**
 * The same step of the same fleet is the same machine, also after a crash and for two processes at once: a token made by
 * the SDK would differ, and so do the times in the tags.
 *
 * @param ended Machines of the fleet that have ended: the next one is another.
 */
function tokenOf(
  { fleetId, part }: { readonly fleetId: string; readonly part?: string | undefined },
  subnetId: string,
  ended: number,
): string {
  return createHash('sha256')
    .update(JSON.stringify([fleetId, subnetId, ended, ...(part === undefined ? [] : [part])]))
    .digest('hex');
}

/** What EC2 is asked for. A client token belongs to it, or that it is only a trial. */
export function launchInput(
  fleet: FleetIdentity,
  parameters: LaunchParameters,
  subnet: Subnet,
): Omit<RunInstancesCommandInput, 'ClientToken'> {
  const tags = [
    ...tagsOf(fleet, parameters.role ?? 'master'),
    ...Object.entries(parameters.facts).map(([Key, Value]) => ({ Key, Value })),
  ];
  const { securityGroupId, instanceProfileName } = parameters;
  return {
    MinCount: 1,
    MaxCount: 1,
    InstanceType: parameters.instanceType as _InstanceType,
    ImageId: parameters.imageId,
    UserData: parameters.userData.toString('base64'),
    ...(instanceProfileName !== undefined && { IamInstanceProfile: { Name: instanceProfileName } }),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnet.id,
        ...(securityGroupId !== undefined && { Groups: [securityGroupId] }),
        // Without one nothing gets out through an internet gateway, also where nobody comes in.
        AssociatePublicIpAddress: subnet.wayOut === 'internet-gateway',
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
