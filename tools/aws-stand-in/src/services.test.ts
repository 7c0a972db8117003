import { GetProductsCommand } from '@aws-sdk/client-pricing';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { describe, expect, it } from 'vitest';
import { clientsFor } from './clients-for.js';
import { instancePrice, useAws } from './index.js';

const aws = useAws();

it('names the calls of S3', async () => {
  const { s3 } = clientsFor(aws());
  const Bucket = 'loadwright-test';
  const Key = 'runs/a bundle.tar.gz';
  await s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
  );
  await s3.send(
    new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } }),
  );
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }));
  const Body = Buffer.alloc(2_000_000, 'x');
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  await s3.send(new HeadBucketCommand({ Bucket }));
  const { Body: read } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(Buffer.from((await read?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
  expect((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents).toMatchObject([{ Key }]);
  expect((await s3.send(new ListBucketsCommand({}))).Buckets).toMatchObject([{ Name: Bucket }]);
  expect(await aws().inventory()).toEqual([`s3:bucket/${Bucket}`]);
  await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
    name: 'BucketNotEmpty',
  });
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }] } }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
  expect(aws().calls.flatMap(({ name }) => (name.startsWith('s3:') ? name.slice(3) : []))).toEqual([
    'CreateBucket',
    'PutPublicAccessBlock',
    'PutBucketTagging',
    'PutObject',
    'HeadBucket',
    'GetObject',
    'ListObjectsV2',
    'ListBuckets',
    'DeleteBucket',
    'DeleteObjects',
    'DeleteBucket',
  ]);
  expect(aws().calls.find(({ name }) => name === 's3:PutObject')?.parameters).toMatchObject({ Bucket, Key });
});

it('answers from the table of prices that the test gives', async () => {
  await aws().reset({
    prices: [
      instancePrice('c7i.4xlarge', 'eu-west-1', '0.8064000000'),
      instancePrice('c7i.4xlarge', 'us-east-1', '0.7140000000'),
    ],
  });
  const { pricing } = clientsFor(aws());
  const filters = { instanceType: 'c7i.4xlarge', regionCode: 'us-east-1', operatingSystem: 'Linux' };
  const { PriceList } = await pricing.send(
    new GetProductsCommand({
      ServiceCode: 'AmazonEC2',
      Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
    }),
  );
  expect(PriceList).toHaveLength(1);
  expect(String(PriceList?.[0])).toContain('"pricePerUnit":{"USD":"0.7140000000"}');
});

it('says the quotas that the test gives', async () => {
  await aws().reset({ quotas: { onDemand: 5, spot: 7 } });
  const { quotas } = clientsFor(aws());
  const quota = async (QuotaCode: string) =>
    (await quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode }))).Quota?.Value;
  expect([await quota('L-1216C47A'), await quota('L-34B43A08')]).toEqual([5, 7]);
  await expect(quota('L-00000000')).rejects.toMatchObject({ name: 'NoSuchResourceException' });
});

describe('the caller', () => {
  it('sees its address, and a clock that may be wrong', async () => {
    await aws().reset({ callerAddress: '198.51.100.9', clockOffset: 3600 });
    const response = await fetch(`${aws().endpoint}/checkip`);
    expect((await response.text()).trim()).toBe('198.51.100.9');
    const ahead = Date.parse(response.headers.get('date') ?? '') - Date.now();
    expect(Math.abs(ahead - 3_600_000)).toBeLessThan(10_000);
    expect(aws().calls.map(({ name }) => name)).toEqual(['checkip:Get']);
  });
});
