import type * as S3 from '@aws-sdk/client-s3';
import { LoadwrightError, type TargetContext } from '@loadwright/core/target';
import { resolveSagemakerEnvironment } from '../credentials.js';
import type { SagemakerOptions } from '../options.js';
import { s3UrlOf, splitLocation } from './place.js';

const mostKeysADelete = 1000;

/** A folder of a bucket. The SDK is loaded when it is opened: a load test of another kind does not need it. */
export class Folder {
  readonly #s3: typeof S3;
  readonly #client: S3.S3Client;
  readonly #common: { readonly Bucket: string; readonly ExpectedBucketOwner?: string };
  readonly #prefix: string;

  private constructor(s3: typeof S3, client: S3.S3Client, location: string, accountId: string | undefined) {
    const { bucket, key } = splitLocation(location);
    this.#s3 = s3;
    this.#client = client;
    // A name of a bucket that was deleted may be somebody else's now.
    this.#common = { Bucket: bucket, ...(accountId !== undefined && { ExpectedBucketOwner: accountId }) };
    this.#prefix = key;
  }

  /** @param location `s3://bucket/folder/` */
  static async open(location: string, options: SagemakerOptions, context: TargetContext): Promise<Folder> {
    const [{ variables }, s3] = await Promise.all([
      resolveSagemakerEnvironment(options, context),
      import('@aws-sdk/client-s3'),
    ]);
    const client = new s3.S3Client({
      region: options.region,
      endpoint: s3UrlOf(options),
      forcePathStyle: true,
      credentials: {
        accessKeyId: variables['AWS_ACCESS_KEY_ID']!,
        secretAccessKey: variables['AWS_SECRET_ACCESS_KEY']!,
        ...(variables['AWS_SESSION_TOKEN'] && { sessionToken: variables['AWS_SESSION_TOKEN'] }),
      },
    });
    return new Folder(s3, client, location, options.accountId);
  }

  /** @param condition Of what is there already: nothing, or the object of this ETag. */
  async put(
    name: string,
    body: Buffer,
    contentType: string,
    { ifMatch, ifNoneMatch }: { ifMatch?: string; ifNoneMatch?: '*' } = {},
  ): Promise<void> {
    const condition = {
      ...(ifMatch && { IfMatch: ifMatch }),
      ...(ifNoneMatch && { IfNoneMatch: ifNoneMatch }),
    };
    const content = { Body: body, ContentType: contentType };
    await this.#client.send(
      new this.#s3.PutObjectCommand({ ...this.#common, Key: this.#prefix + name, ...content, ...condition }),
    );
  }

  /** @returns undefined where there is none. */
  async get(name: string): Promise<{ text: string; etag: string } | undefined> {
    try {
      const { Body, ETag } = await this.#client.send(
        new this.#s3.GetObjectCommand({ ...this.#common, Key: this.#prefix + name }),
      );
      return { text: await Body!.transformToString(), etag: ETag! };
    } catch (error) {
      if (error instanceof this.#s3.NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Names below the folder that a pattern accepts. */
  async names(pattern: RegExp): Promise<string[]> {
    const found: string[] = [];
    const pages = this.#s3.paginateListObjectsV2(
      { client: this.#client },
      { ...this.#common, Prefix: this.#prefix },
    );
    for await (const { Contents = [] } of pages)
      for (const { Key } of Contents) {
        const name = Key!.slice(this.#prefix.length);
        if (pattern.test(name)) found.push(name);
      }
    return found;
  }

  async remove(names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += mostKeysADelete) {
      const Objects = names.slice(from, from + mostKeysADelete).map((name) => ({ Key: this.#prefix + name }));
      const { Errors = [] } = await this.#client.send(
        new this.#s3.DeleteObjectsCommand({ ...this.#common, Delete: { Objects, Quiet: true } }),
      );
      if (Errors.length > 0) throw new Error(`${Errors[0]!.Code}: ${Errors[0]!.Message}`);
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

/** What S3 said, with what to do. */
export function s3Failure(what: string, error: unknown, hint: string): LoadwrightError {
  const { name = 'error', message = '' } = error as { name?: string; message?: string };
  const isRefused = /AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken/.test(name);
  return new LoadwrightError(
    isRefused ? 'CREDENTIALS_INVALID' : 'PREFLIGHT_FAILED',
    `${what}: ${name} ${message}`.trim(),
    {
      hint,
      cause: error,
    },
  );
}
