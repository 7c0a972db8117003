import { loadwrightVersion } from '@loadwright/core/fleet';

/** What names a fleet: its kind keeps it apart from fleets of other kinds in the same account. */
export interface FleetName {
  /** `ec2`, `ecs`, …: lower-case letters and digits. */
  readonly fleetKind: string;
  readonly fleetId: string;
}

/** Where all fleets of a kind are that are seen at once. */
export interface FleetRegion {
  readonly fleetKind: string;
  readonly region: string;
}

/** What names a fleet and all that is made for it. */
export interface FleetIdentity extends FleetName, FleetRegion {
  /** Who makes it: the ARN of the caller. */
  readonly owner: string;
  readonly createdAt: Date;
  /** When its machines end themselves. */
  readonly expiresAt: Date;
  /** What its owner calls it. */
  readonly name?: string | undefined;
  /** Tags of the user. */
  readonly tags: Readonly<Record<string, string>>;
  /** Of a resource that is one of several: which. See `ResourceKey`. */
  readonly part?: string;
}

/**
 * When AWS itself ends what a fleet still has, in milliseconds after {@link FleetIdentity.expiresAt}: its machines and tasks have time
 * to end in good order before that, and to remove their secrets.
 */
export const outsideDelay = 120_000;

/** When that is. */
export function outsideEnd({ expiresAt }: Pick<FleetIdentity, 'expiresAt'>): Date {
  return new Date(expiresAt.getTime() + outsideDelay);
}

/** Begins the name of everything that Loadwright makes: policies can be scoped by it. */
const namePrefix = 'loadwright-';

/**
 * The version of names and tags. One that does not know a format leaves alone what has it: names carry it from 2 on, as a number
 * after the kind (`loadwright-ec2-2-{fleetId}`, `/loadwright/ec2/2/…`), so that nothing of it is found under a name of format 1.
 */
export const formatVersion = 1;

/** The kind of what was made before resources had {@link tagKeys.kind}: there was no other. */
const firstKind = 'ec2';

/** A name that {@link nameOf} makes, or a path of {@link parameterPrefix}, of any format; for the id see `createFleetId` of the core. */
const ownName =
  /^(?:loadwright-([a-z][a-z0-9]*)-(?:(\d{1,4})-)?|\/loadwright\/([a-z][a-z0-9]*)\/(?:(\d{1,4})\/)?(?:[a-z][a-z0-9-]*\/)?)(\d{8}-\d{6}-[0-9a-f]{10})(?![0-9a-f])/;

/** What a name says of whose it is. */
export interface ReadName extends FleetName {
  readonly format: number;
  /** What follows the id: the part of {@link nameOf}; empty when it has none. */
  readonly part: string;
}

/** @returns undefined for one that is not Loadwright's. */
export function readName(name: string): ReadName | undefined {
  const found = ownName.exec(name);
  if (!found) return undefined;
  const [whole, kind, format, kindInPath = '', formatInPath, fleetId = ''] = found;
  return {
    fleetKind: kind ?? kindInPath,
    format: Number(format ?? formatInPath ?? 1),
    fleetId,
    part: name.slice(whole.length).replace(/^-/, ''),
  };
}

/** A resource that only another version of Loadwright may change. */
export type OtherVersion = 'newer' | 'earlier';

/** What is said of it. */
export const leftToOtherVersion: Readonly<Record<OtherVersion, string>> = {
  newer: 'made by a newer version of Loadwright: update',
  earlier: 'made by an earlier version of Loadwright, which alone removes it',
};

/** What tags say of whose a resource is. */
export interface ReadTags {
  readonly fleetKind: string;
  readonly fleetId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly otherVersion: OtherVersion | undefined;
}

export function readOwnTags(list: readonly AnyTag[] | undefined): ReadTags {
  const tags = readTags(list);
  return {
    fleetKind: tags[tagKeys.kind] ?? firstKind,
    fleetId: tags[tagKeys.fleetId] ?? '',
    tags,
    otherVersion: otherVersionOf(tags),
  };
}

/** Tags are copied one by one: what lacks the version too was not made by an earlier one. */
function otherVersionOf(tags: Readonly<Record<string, string>>): OtherVersion | undefined {
  const format = tags[tagKeys.format];
  if (format === String(formatVersion)) return undefined;
  if (format !== undefined) return 'newer';
  return tags[tagKeys.version] === undefined ? undefined : 'earlier';
}

/** When a fleet began: run ids begin with the time, in UTC. Long ago for what is none. */
export function startOf(fleetId: string): Date {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(fleetId) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** Begins the names of all fleets of a kind. */
export function kindPrefix(fleetKind: string): string {
  return `${namePrefix}${fleetKind}-`;
}

/** The name of a resource of a fleet, at most 64 characters: the limit of IAM roles. */
export function nameOf({ fleetKind, fleetId }: FleetName, part?: string): string {
  const name = `${kindPrefix(fleetKind)}${fleetId}`;
  return part === undefined ? name : `${name}-${part}`;
}

/**
 * IAM knows no regions; the path keeps the fleets of different ones apart.
 *
 * @param owner whose policy allows roles below this name alone; see the option of the fleet
 */
export function iamPath({ fleetKind, region }: FleetRegion, owner?: string): string {
  return `/loadwright/${fleetKind}/${region}/${below(owner)}`;
}

/** The parameters of a fleet: their names begin with it. */
export function parameterPrefix({ fleetKind, fleetId }: FleetName, owner?: string): string {
  return `/loadwright/${fleetKind}/${below(owner)}${fleetId}/`;
}

/** Name below that prefix of the parameter that a machine hands its certificate over with. */
export const certificateParameter = 'machine/CERTIFICATE';

function below(owner: string | undefined): string {
  return owner === undefined ? '' : `${owner}/`;
}

/** Buckets have their region in the name: all names of the world are in one list. */
export function bucketName(fleet: FleetName, region: string): string {
  return nameOf(fleet, region);
}

/** The keys of the tags that say whose a resource is. */
export const tagKeys = {
  kind: 'loadwright:kind',
  format: 'loadwright:format',
  fleetId: 'loadwright:fleet-id',
  owner: 'loadwright:owner',
  createdAt: 'loadwright:created-at',
  expiresAt: 'loadwright:expires-at',
  role: 'loadwright:role',
  version: 'loadwright:version',
} as const;

/** The tag of a fleet that has a name; see {@link FleetIdentity.name}. */
export const nameTag = 'loadwright:name';

/** The tag of a resource that is one of several; see {@link FleetIdentity.part}. */
export const partTag = 'loadwright:part';

/** A tag as most services of AWS spell it. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** The tags of a resource. Times in UTC. */
export function tagsOf(fleet: FleetIdentity, role: string): Tag[] {
  const own = {
    Name: nameOf(fleet),
    [tagKeys.kind]: fleet.fleetKind,
    [tagKeys.format]: String(formatVersion),
    [tagKeys.fleetId]: fleet.fleetId,
    [tagKeys.owner]: ownerOf(fleet.owner),
    [tagKeys.createdAt]: fleet.createdAt.toISOString(),
    [tagKeys.expiresAt]: fleet.expiresAt.toISOString(),
    [tagKeys.role]: role,
    [tagKeys.version]: loadwrightVersion,
    ...(fleet.name !== undefined && { [nameTag]: fleet.name }),
    ...(fleet.part !== undefined && { [partTag]: fleet.part }),
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

/** The same as ECS spells them. */
export function ecsTagsOf(fleet: FleetIdentity, role: string): { key: string; value: string }[] {
  return tagsOf(fleet, role).map(({ Key, Value }) => ({ key: Key, value: Value }));
}

/** A tag as the answers of AWS have it. */
export interface AnyTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
  /** ECS spells it so. */
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** Tags as a record. */
export function readTags(tags: readonly AnyTag[] = []): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, key = '', Value, value = '' }) => [Key ?? key, Value ?? value]));
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
