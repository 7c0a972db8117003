import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  type BucketLocationConstraint,
  type ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import type { CreatableKind } from '../kind.js';
import { bucketName, kindPrefix, tagsOf } from '../fleet-identity.js';
import { codeOf, isForbidden, unlessAbsent } from '../service-error.js';
import { namedResources } from './named.js';
import { removeWhenFree } from './remove-when-free.js';

/** The one file that a bucket holds. */
export interface BucketParameters {
  readonly key: string;
  /** Path of the file on this machine, at most 5 GB: the limit of PutObject. */
  readonly file: string;
}

/** Bytes of a file that is kept in memory while it is sent. */
const longestRepeatable = 64 * 2 ** 20;

/** The region that has no location constraint. */
const firstRegion = 'us-east-1';

/**
 * Encrypted by S3 itself (SSE-S3), as all new objects are since January 2023, and closed to the public, as all new buckets are
 * since April 2023: https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
 */
export const bucket: CreatableKind<BucketParameters> = {
  name: 'bucket',

  async find(aws, { fleetId }) {
    const { region } = aws.settings;
    if (fleetId !== undefined) {
      const id = bucketName(aws.fleet(fleetId), region);
      return (await this.exists(aws, id)) ? [{ kind: this.name, id, fleetId, tags: {} }] : [];
    }
    const names = await bucketNames(aws);
    // All names of the world are in one list.
    return namedResources(aws, this.name, names, region);
  },

  async create(aws, fleet) {
    const { region } = fleet;
    const name = bucketName(fleet, region);
    const CreateBucketConfiguration =
      region === firstRegion ? undefined : { LocationConstraint: region as BucketLocationConstraint };
    try {
      await aws.s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration }));
    } catch (error) {
      if (codeOf(error) !== 'BucketAlreadyExists') throw error;
      throw new LoadwrightError(
        'PROVISIONING_FAILED',
        `The bucket ${name} exists in another account: nothing was uploaded.`,
        { hint: 'Deploy again: the next fleet has another name.', cause: error },
      );
    }
    return name;
  },

  async complete(aws, fleet, id, { key, file }) {
    // One after the other: S3 refuses two at the same time on a new bucket.
    await aws.s3.send(
      new PutBucketTaggingCommand({
        Bucket: id,
        Tagging: { TagSet: tagsOf(fleet, 'bundle') },
      }),
    );
    const { size } = await stat(file);
    // The SDK repeats a call that failed only when it has the whole body.
    const body = size <= longestRepeatable ? await readFile(file) : createReadStream(file);
    await aws.s3.send(new PutObjectCommand({ Bucket: id, Key: key, Body: body, ContentLength: size }));
  },

  async exists(aws, id) {
    try {
      return (await unlessAbsent(aws.s3.send(new HeadBucketCommand({ Bucket: id })))) !== undefined;
    } catch (error) {
      // A bucket of another account answers as one that may not be looked at.
      if (!isForbidden(error) || (await bucketNames(aws)).includes(id)) throw error;
      return false;
    }
  },

  async destroy(aws, id) {
    await unlessAbsent(empty(aws, id));
    await removeWhenFree(aws, `bucket ${id}`, () => aws.s3.send(new DeleteBucketCommand({ Bucket: id })));
  },
};

async function empty(aws: Aws, id: string): Promise<void> {
  // Versions and marks of deletion too: an organisation may have made the bucket a versioned one.
  // Each time from the beginning: what was seen is gone by then.
  for (;;) {
    const page = await aws.s3.send(new ListObjectVersionsCommand({ Bucket: id }));
    const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (objects.length === 0) return;
    await removeObjects(
      aws,
      id,
      objects.map(({ Key, VersionId }) => ({ Key, VersionId })),
    );
    if (!page.IsTruncated) return;
  }
}

/** S3 answers with success also when it has removed none. */
async function removeObjects(aws: Aws, id: string, objects: readonly ObjectIdentifier[]): Promise<void> {
  const Objects = [...objects];
  const { Errors: [refused] = [] } = await aws.s3.send(
    new DeleteObjectsCommand({ Bucket: id, Delete: { Objects, Quiet: true } }),
  );
  if (!refused) return;
  const { Key = '', Code, Message } = refused;
  const VersionId = refused.VersionId ?? objects.find((object) => object.Key === Key)?.VersionId;
  throw new LoadwrightError(
    'RESOURCES_REMAIN',
    [
      `S3 does not remove ${Key} of the bucket ${id}: ${Code}: ${Message}`,
      ...(Code === 'AccessDenied' ? waysToUnlock(aws, id, Key, VersionId) : []),
    ].join('\n'),
  );
}

/**
 * Lines with what frees an object that Object Lock holds. Which kind of lock it is takes permissions that no removal needs
 * otherwise: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
function waysToUnlock(aws: Aws, id: string, key: string, versionId: string | undefined): string[] {
  const version = versionId === undefined ? '' : ` --version-id ${versionId}`;
  const object = `--bucket ${id} --key ${key}${version} --region ${aws.settings.region}`;
  return [
    '  If Object Lock holds it, these free it; a retention in compliance mode ends at its date alone:',
    `  legal hold: aws s3api put-object-legal-hold --legal-hold Status=OFF ${object}`,
    `  retention in governance mode: aws s3api delete-object --bypass-governance-retention ${object}`,
  ];
}

async function bucketNames(aws: Aws): Promise<string[]> {
  const names: string[] = [];
  const Prefix = kindPrefix(aws.settings.fleetKind);
  let token: string | undefined;
  do {
    const page = await aws.s3.send(new ListBucketsCommand({ Prefix, ContinuationToken: token }));
    names.push(...(page.Buckets ?? []).map(({ Name = '' }) => Name));
    token = page.ContinuationToken;
  } while (token !== undefined);
  return names;
}
