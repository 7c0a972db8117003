/** What names a run and all that is made for it. */
export interface RunIdentity {
  readonly runId: string;
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

/** The run id of a name that {@link namePrefix} begins, or a path of {@link parameterPrefix}; see `createRunId` of the core. */
const runIdInName =
  /^(?:loadwright-|\/loadwright\/(?:[a-z][a-z0-9-]*\/)?)(\d{8}-\d{6}-[0-9a-f]{10})(?![0-9a-f])/;

export function runIdOf(name: string): string | undefined {
  return runIdInName.exec(name)?.[1];
}

/** When a run began: run ids begin with the time, in UTC. Long ago for what is none. */
export function startOf(runId: string): Date {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(runId) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** The name of a resource of a run, at most 64 characters: the limit of IAM roles. */
export function nameOf(runId: string, part?: string): string {
  return part === undefined ? `${namePrefix}${runId}` : `${namePrefix}${runId}-${part}`;
}

/**
 * IAM knows no regions; the path keeps the runs of different ones apart.
 *
 * @param owner whose policy allows roles below this name alone; see the option of the fleet
 */
export function iamPath(region: string, owner?: string): string {
  return `/loadwright/${region}/${below(owner)}`;
}

/** The parameters of a run: their names begin with it. */
export function parameterPrefix(runId: string, owner?: string): string {
  return `/loadwright/${below(owner)}${runId}/`;
}

/** Name below that prefix of the parameter that a machine hands its certificate over with. */
export const certificateParameter = 'machine/CERTIFICATE';

function below(owner: string | undefined): string {
  return owner === undefined ? '' : `${owner}/`;
}

/** Buckets have their region in the name: all names of the world are in one list. */
export function bucketName(runId: string, region: string): string {
  return nameOf(runId, region);
}

/** The keys of the tags that say whose a resource is. */
export const tagKeys = {
  runId: 'loadwright:run-id',
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
export function tagsOf(run: RunIdentity, role: string, version: string): Tag[] {
  const own = {
    Name: nameOf(run.runId),
    [tagKeys.runId]: run.runId,
    [tagKeys.owner]: ownerOf(run.owner),
    [tagKeys.createdAt]: run.createdAt.toISOString(),
    [tagKeys.expiresAt]: run.expiresAt.toISOString(),
    [tagKeys.role]: role,
    [tagKeys.version]: version,
  };
  return Object.entries({ ...run.tags, ...own }).map(([Key, Value]) => ({ Key, Value }));
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

/** Does it bear all tags that a run's resources are made with? Tags are copied one by one, and more are added. */
export function hasAllTags(tags: Readonly<Record<string, string>>): boolean {
  return Object.values(tagKeys).every((key) => tags[key] !== undefined);
}

/** Why something that bears the tag of a run stays, and how its owner frees it from that. */
export function staysBecause(id: string, why: string, region: string): string {
  return (
    `it has the tag ${tagKeys.runId}, but ${why}: it stays. Take the tag off: ` +
    `aws ec2 delete-tags --resources ${id} --tags Key=${tagKeys.runId} --region ${region}`
  );
}
