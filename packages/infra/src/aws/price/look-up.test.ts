import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instancePrice, publishedPrices, publishedTypes, useAws } from '@loadwright/aws-stand-in';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Aws } from '../clients.js';
import { patient } from '../settings.js';
import { lookUpPrice } from './look-up.js';

describe('prices', () => {
  const running = useAws();
  let folder: string;
  let clients: Aws[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loadwright-prices-'));
    clients = [];
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await rm(folder, { recursive: true });
  });

  const clientsIn = (region: string) => {
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } =
      running().environment;
    const aws = new Aws(
      {
        fleetKind: 'ec2',
        region,
        profile: undefined,
        keys: { accessKeyId, secretAccessKey },
        endpoint: running().endpoint,
        pace: { ...patient, attempts: 1 },
      },
      new AbortController().signal,
    );
    clients.push(aws);
    return aws;
  };
  const machine = (instanceType: string) => ({ kind: 'machine', instanceType }) as const;

  it.each(Object.entries(publishedPrices))(
    'come from the table where the list has none: %s',
    async (region, row) => {
      const aws = clientsIn(region);
      const prices = await Promise.all(publishedTypes.map((type) => lookUpPrice(aws, machine(type), folder)));
      expect(prices.map((price) => price?.usDollars)).toEqual(row);
      for (const price of prices) expect(price?.source).toMatch(/^[\w-]+\/[\w-]+ at [0-9a-f]{7}, /);
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('come from the price list of AWS, and from the cache for 7 days', async () => {
    const aws = clientsIn('eu-west-1');
    running().behaviour.prices = [
      instancePrice('c7i.4xlarge', 'us-east-1', '0.1000000000'),
      instancePrice('c7i.4xlarge', 'eu-west-1', '0.9990000000'),
    ];
    const look = () => lookUpPrice(aws, machine('c7i.4xlarge'), folder);
    expect(await look()).toEqual({ usDollars: 0.999, source: 'AWS price list, today' });

    running().behaviour.prices = [instancePrice('c7i.4xlarge', 'eu-west-1', '0.5000000000')];
    const today = new Date().toISOString().slice(0, 10);
    expect(await look()).toEqual({ usDollars: 0.999, source: `AWS price list, read on ${today}` });

    const file = join(folder, 'prices', 'eu-west-1-c7i.4xlarge.json');
    const entry = JSON.parse(await readFile(file, 'utf8')) as { usDollars: number };
    const old = new Date(Date.now() - 7 * 24 * 3600 * 1000 - 1000).toISOString();
    await writeFile(file, JSON.stringify({ ...entry, at: old }));
    expect(await look()).toEqual({ usDollars: 0.5, source: 'AWS price list, today' });
  });

  it('come from the table when the price list must not be read, and a broken cache is done without', async () => {
    const aws = clientsIn('eu-west-1');
    running().inject({ at: 'pricing:GetProducts', fault: { kind: 'denied' } });
    const price = await lookUpPrice(aws, machine('c7i.4xlarge'), '/dev/null/cache');
    expect(price?.usDollars).toBe(0.76608);
  });

  it('are unknown where nobody tells them', async () => {
    expect(await lookUpPrice(clientsIn('sa-east-1'), machine('c7i.4xlarge'), folder)).toBeUndefined();
    expect(await lookUpPrice(clientsIn('me-central-1'), { kind: 'volume' }, folder)).toBeUndefined();
  });
});
