import { parseDuration, type IamStatement, type JsonObject } from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { partitionOf } from '../partition.js';

/** Bucket and the rest of `s3://bucket/rest`. */
export function splitLocation(location: string): { bucket: string; key: string } {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(location) ?? [];
  return { bucket, key };
}

/** Base URL of S3, which is asked with the bucket in the path. */
export function s3UrlOf({ s3BaseUrl, region, fips }: SagemakerOptions): string {
  if (s3BaseUrl !== undefined) return new URL(s3BaseUrl).origin;
  return `https://s3${fips ? '-fips' : ''}.${region}.${partitionOf(region).dnsSuffix}`;
}

/** Statuses of a right answer: unless others are given, that of an operation that takes a request into its queue. */
export function expectedStatuses({ async, expect }: SagemakerOptions): readonly number[] {
  const isDefault = expect.status.length === 1 && expect.status[0] === 200;
  return async && isDefault ? [202] : expect.status;
}

/** What the Python files need of the option. */
export function asyncConfig(options: SagemakerOptions): JsonObject {
  const { async } = options;
  if (!async) return {};
  const { inputPrefix, inputLocations, pollInterval, removeOutputs } = async;
  const [ttl, timeout] = [async.requestTtl ?? '6h', async.invocationTimeout ?? '15m'];
  return {
    async: {
      pollSeconds: parseDuration(pollInterval)!,
      inputLocations,
      removeOutputs,
      ...(inputPrefix && { inputPrefix }),
    },
    s3Url: s3UrlOf(options),
    // Later there is no result, whatever the grace period of the load.
    resultTimeoutSeconds: parseDuration(ttl)! + parseDuration(timeout)!,
  };
}

/** Headers of every request. */
export function asyncHeaders({ async }: SagemakerOptions): Readonly<Record<string, string | undefined>> {
  const seconds = (text: string | undefined) =>
    text === undefined ? undefined : `${Math.ceil(parseDuration(text)!)}`;
  return {
    'X-Amzn-SageMaker-RequestTTLSeconds': seconds(async?.requestTtl),
    'X-Amzn-SageMaker-InvocationTimeoutSeconds': seconds(async?.invocationTimeout),
  };
}

/** What the load generators do with results. */
export function resultStatements({ async, region }: SagemakerOptions): IamStatement[] {
  if (!async) return [];
  const { bucket = '*', key = '' } = async.outputPath === undefined ? {} : splitLocation(async.outputPath);
  const arn = `arn:${partitionOf(region).id}:s3:::${bucket}`;
  return [
    {
      Sid: 'LoadwrightListResults',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [arn],
      ...(key !== '' && { Condition: { StringLike: { 's3:prefix': `${key}*` } } }),
    },
    {
      Sid: 'LoadwrightReadFailures',
      Effect: 'Allow',
      Action: ['s3:GetObject', ...(async.removeOutputs ? ['s3:DeleteObject'] : [])],
      Resource: [`${arn}/${key}*`],
    },
  ];
}

/** What whoever starts a run does with inputs. */
export function inputStatements({ async, region }: SagemakerOptions): IamStatement[] {
  if (async?.inputPrefix === undefined) return [];
  const { bucket, key } = splitLocation(async.inputPrefix);
  const arn = `arn:${partitionOf(region).id}:s3:::${bucket}`;
  return [
    {
      Sid: 'LoadwrightListInputs',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [arn],
      Condition: { StringLike: { 's3:prefix': `${key}*` } },
    },
    {
      Sid: 'LoadwrightPutInputs',
      Effect: 'Allow',
      Action: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
      Resource: [`${arn}/${key}*`],
    },
  ];
}
