import { loadwrightVersion } from '@loadwright/core';

/** What names a fleet and all that is made for it. */
export interface FleetIdentity {
  readonly fleetId: string;
  readonly region: string;
  /** Who makes it: the ARN of the caller. */
  readonly owner: string;
  readonly createdAt: Date;
  /** When its machines end themselves. */
  readonly expiresAt: Date;
  /** Tags of the user. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Begins the name of everything that Loadwright makes: policies can be scoped by it. */
export const namePrefix = 'loadwright-';

/** The fleet id of a name that {@link namePrefix} begins, or a path of {@link parameterPrefix}; see `createFleetId` of the core. */
const fleetIdInName =
  /^(?:loadwright-|\/loadwright\/(?:[a-z][a-z0-9-]*\/)?)(\d{8}-\d{6}-[0-9a-f]{10})(?![0-9a-f])/;

export function fleetIdOf(name: string): string | undefined {
  return fleetIdInName.exec(name)?.[1];
}

/** When a fleet began: run ids begin with the time, in UTC. Long ago for what is none. */
export function startOf(fleetId: string): Date {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(fleetId) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** The name of a resource of a fleet, at most 64 characters: the limit of IAM roles. */
export function nameOf(fleetId: string, part?: string): string {
  return part === undefined ? `${namePrefix}${fleetId}` : `${namePrefix}${fleetId}-${part}`;
}

/**
 * IAM knows no regions; the path keeps the runs of different ones apart.
 *
 * @param owner whose policy allows roles below this name alone; see the option of the fleet
 */
export function iamPath(region: string, owner?: string): string {
  return `/loadwright/${region}/${below(owner)}`;
}

/** The parameters of a fleet: their names begin with it. */
export function parameterPrefix(fleetId: string, owner?: string): string {
  return `/loadwright/${below(owner)}${fleetId}/`;
}

/** Name below that prefix of the parameter that a machine hands its certificate over with. */
export const certificateParameter = 'machine/CERTIFICATE';

function below(owner: string | undefined): string {
  return owner === undefined ? '' : `${owner}/`;
}

/** Buckets have their region in the name: all names of the world are in one list. */
export function bucketName(fleetId: string, region: string): string {
  return nameOf(fleetId, region);
}

/** The keys of the tags that say whose a resource is. */
export const tagKeys = {
  fleetId: 'loadwright:fleet-id',
  owner: 'loadwright:owner',
  createdAt: 'loadwright:created-at',
  expiresAt: 'loadwright:expires-at',
  role: 'loadwright:role',
  version: 'loadwright:version',
} as const;

/** A tag as most services of AWS spell it. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** The tags of a resource. Times in UTC. */
export function tagsOf(fleet: FleetIdentity, role: string): Tag[] {
  const own = {
    Name: nameOf(fleet.fleetId),
    [tagKeys.fleetId]: fleet.fleetId,
    [tagKeys.owner]: ownerOf(fleet.owner),
    [tagKeys.createdAt]: fleet.createdAt.toISOString(),
    [tagKeys.expiresAt]: fleet.expiresAt.toISOString(),
    [tagKeys.role]: role,
    [tagKeys.version]: loadwrightVersion,
  };
  return Object.entries({ ...fleet.tags, ...own }).map(([Key, Value]) => ({ Key, Value }));
}

/**
 * Who calls, as a tag may say it: IAM allows less in tags than in names of sessions.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
 */
export function ownerOf(arn: string): string {
  return arn.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256);
}

/** Tags as a record. */
export function readTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Does it bear all tags that a fleet's resources are made with? Tags are copied one by one, and more are added. */
export function hasAllTags(tags: Readonly<Record<string, string>>): boolean {
  return Object.values(tagKeys).every((key) => tags[key] !== undefined);
}

/** Why something that bears the tag of a fleet stays, and how its owner frees it from that. */
export function staysBecause(id: string, why: string, region: string): string {
  return (
    `it has the tag ${tagKeys.fleetId}, but ${why}: it stays. Take the tag off: ` +
    `aws ec2 delete-tags --resources ${id} --tags Key=${tagKeys.fleetId} --region ${region}`
  );
}
