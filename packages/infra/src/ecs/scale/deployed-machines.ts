import { DescribeVolumesCommand, type Instance } from '@aws-sdk/client-ec2';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { nameTag, partTag, readTags, tagKeys, type FleetIdentity } from '../../aws/fleet-identity.js';
import { requireOwnVersion } from '../../aws/fleets/existing.js';
import { readFacts, type FleetFacts } from '../../aws/fleets/facts.js';
import { describeFleet, instance } from '../../aws/kinds/instance.js';
import type { EcsFleetSettings } from '../settings.js';
import { numberOf, readCrew, type Crew } from './crew.js';

/** A fleet that was deployed, as its machines show it. */
export interface DeployedMachines {
  readonly fleetId: string;
  readonly master: Instance;
  /** Tags of the machine of the master. */
  readonly tags: Readonly<Record<string, string>>;
  readonly facts: FleetFacts;
  readonly crew: Crew;
  /** Machines of workers that have not ended and are not about to, by their numbers. */
  readonly present: ReadonlyMap<number, Instance>;
  /** Machines of every state. */
  readonly machines: readonly Instance[];
}

/** Is it there, or about to be? */
function isUp({ State }: Instance): boolean {
  return State?.Name === 'running' || State?.Name === 'pending';
}

/** @throws LoadwrightError `CONFIG_INVALID` when there is no master, or another version has made it. */
export async function findDeployedMachines(aws: Aws, fleetId: string): Promise<DeployedMachines> {
  const [machines, found] = await Promise.all([describeFleet(aws, fleetId), instance.find(aws, { fleetId })]);
  requireOwnVersion(fleetId, found);
  return deployedMachines(aws, fleetId, machines);
}

/** The same of machines that are described already. */
function deployedMachines(
  { settings: { region } }: Aws,
  fleetId: string,
  machines: readonly Instance[],
): DeployedMachines {
  const parts = machines.map((machine) => ({ machine, tags: readTags(machine.Tags) }));
  const master = parts.find(({ machine, tags }) => tags[partTag] === 'master' && isUp(machine));
  if (!master) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `There is no machine of a master of fleet ${fleetId} in ${region}.`,
      {
        hint: 'List those that there are. A fleet of another region is found with the option region.',
        next: [{ action: 'list-fleets' }],
      },
    );
  }
  const present = parts.flatMap(({ machine, tags }) => {
    const number = numberOf(tags[partTag]);
    return number !== undefined && isUp(machine) ? [[number, machine] as const] : [];
  });
  return {
    fleetId,
    master: master.machine,
    tags: master.tags,
    facts: readFacts(fleetId, master.tags),
    crew: readCrew(fleetId, master.tags),
    present: new Map(present),
    machines,
  };
}

/** Processes of each machine of workers: all run the same task. */
export function processesOfEach({ facts, crew }: Pick<DeployedMachines, 'facts' | 'crew'>): number {
  return facts.workers / crew.numbers.length;
}

/** The tags that another machine, or task, of the fleet gets. */
export function identityOf(
  aws: Aws,
  { fleetId, tags }: Pick<DeployedMachines, 'fleetId' | 'tags'>,
): FleetIdentity {
  const isOwn = (key: string) => key === 'Name' || /^(loadwright|aws):/.test(key);
  return {
    ...aws.fleet(fleetId),
    region: aws.settings.region,
    owner: tags[tagKeys.owner] ?? '',
    createdAt: new Date(tags[tagKeys.createdAt] ?? 0),
    expiresAt: new Date(tags[tagKeys.expiresAt] ?? 0),
    name: tags[nameTag],
    tags: Object.fromEntries(Object.entries(tags).filter(([key]) => !isOwn(key))),
  };
}

/**
 * The settings that a fleet was made with, as its machines show them: whoever changes it need not have its configuration.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when its master shows no group or profile.
 */
export async function settingsOfFleet(
  aws: Aws,
  settings: EcsFleetSettings,
  { fleetId, master, machines, facts, crew }: DeployedMachines,
): Promise<EcsFleetSettings & { readonly securityGroup: string; readonly instanceProfile: string }> {
  const { InstanceType, ImageId, KeyName, NetworkInterfaces, IamInstanceProfile } = master;
  const securityGroup = NetworkInterfaces?.[0]?.Groups?.[0]?.GroupId;
  const instanceProfile = IamInstanceProfile?.Arn?.split('/').at(-1);
  if (securityGroup === undefined || instanceProfile === undefined) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `The machine of the master of fleet ${fleetId} has lost its security group or its instance profile.`,
      {
        hint: 'Remove the fleet, and deploy another one.',
        next: [{ action: 'destroy-fleet', fleetId }, { action: 'deploy-fleet' }],
      },
    );
  }
  const subnets = [...new Set([master, ...machines].flatMap(({ SubnetId }) => SubnetId ?? []))];
  const spot = crew.spot;
  return {
    ...settings,
    instanceType: InstanceType ?? settings.instanceType,
    image: ImageId,
    volumeGigabytes: (await volumeOf(aws, master)) ?? settings.volumeGigabytes,
    vpc: undefined,
    // Where its machines are, they may be: no others are known to suit it.
    subnets,
    securityGroup,
    instanceProfile,
    keyPair: KeyName,
    access: facts.access,
    uiPort: facts.uiPort,
    spot,
    workerMachines: crew.numbers.length,
    machines: machinesOf(crew.numbers.length, spot),
  };
}

/** So many machines of workers, and the master's, by how they are paid. */
export function machinesOf(workers: number, spot: boolean): EcsFleetSettings['machines'] {
  return { onDemand: 1 + (spot ? 0 : workers), spot: spot ? workers : 0 };
}

/** Size of the root volume in GB. */
async function volumeOf(
  aws: Aws,
  { RootDeviceName, BlockDeviceMappings = [] }: Instance,
): Promise<number | undefined> {
  const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName);
  const id = root?.Ebs?.VolumeId;
  if (id === undefined) return undefined;
  const { Volumes } = await aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  return Volumes?.[0]?.Size;
}
