import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instancePrice, useAws } from '../../../test/aws/index.js';
import { Aws, patient } from '../clients.js';
import { lookUpPrice } from './look-up.js';
import { priceTable, tablePrice } from './table.js';

const types = ['c5.4xlarge', 'c5.24xlarge', 'c7i.large', 'c7i.4xlarge', 'c7i.24xlarge', 'c7g.4xlarge'];

/** As the sources that the table names print them, copied once more by hand. */
const published: Readonly<Record<string, readonly number[]>> = {
  'us-east-1': [0.68, 4.08, 0.08925, 0.714, 4.284, 0.58],
  'eu-west-1': [0.768, 4.608, 0.09576, 0.76608, 4.59648, 0.6202],
  'ap-northeast-1': [0.856, 5.136, 0.11235, 0.8988, 5.3928, 0.7277],
};

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

  it.each(Object.entries(published))(
    'come from the table where the list has none: %s',
    async (region, row) => {
      const aws = clientsIn(region);
      const prices = await Promise.all(types.map((type) => lookUpPrice(aws, machine(type), folder)));
      expect(prices.map((price) => price?.usDollars)).toEqual(row);
      expect(
        new Set(prices.map((price) => price?.source.startsWith('price table of this package, 2026'))),
      ).toEqual(new Set([true]));
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
    expect(await lookUpPrice(clientsIn('eu-west-1'), { kind: 'volume' }, folder)).toBeUndefined();
  });
});

describe('the price table', () => {
  it('names a source for each region, and makes sizes of a family cost in proportion', () => {
    for (const [region, prices] of Object.entries(priceTable().machineHour)) {
      expect(tablePrice(region, { kind: 'machine', instanceType: 'c5.4xlarge' })?.source).toMatch(/2026/);
      for (const family of ['c5', 'c7i', 'c7g', 'c7a']) {
        const each = Object.entries(prices)
          .filter(([type]) => type.startsWith(`${family}.`))
          .map(([type, price]) => price / vcpusOf(type));
        // A wrong digit anywhere would show: published prices are rounded to 4 or 5 digits.
        if (each.length > 0) expect(Math.max(...each) / Math.min(...each)).toBeLessThan(1.002);
      }
    }
  });
});

function vcpusOf(type: string): number {
  const [, count, x] = /\.(\d*)(x?)large$/.exec(type) ?? [];
  return x === '' ? 2 : 4 * Number(count || 1);
}
