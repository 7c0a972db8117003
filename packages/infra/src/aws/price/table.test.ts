import { describe, expect, it } from 'vitest';
import { addressPrice, parameterPrices, priceElsewhere, priceTable, tablePrice } from './table.js';

const { sources, machineHour, gp3GigabyteMonth, fargateHour, ...ofAllRegions } = priceTable();
const regions = Object.entries(machineHour);

/** Families of which a machine twice as large costs twice as much: all but those that save credits. */
const inProportion = /^[cm]\d\w*\.(medium|\d*x?large)$/;

describe('the price table', () => {
  it('names for each price a source that is known, with the commit of a repository', () => {
    const named = [
      ...regions.map(([, { source }]) => source),
      ...Object.values(gp3GigabyteMonth).map(({ source }) => source),
      ...Object.values(fargateHour).map(({ source }) => source),
      ...Object.values(ofAllRegions).map(({ source }) => source),
    ];
    expect([...new Set(named)].sort()).toEqual(Object.keys(sources).sort());
    for (const { name, commit } of Object.values(sources)) {
      if (!name.startsWith('aws.amazon.com')) expect(commit).toMatch(/^[0-9a-f]{40}$/);
    }
  });

  it('makes the sizes of a family cost in proportion in every region', () => {
    // A wrong digit would show, also in what was read by hand: prices are rounded to four or five digits.
    for (const [region, { usDollars }] of regions) {
      const families = new Map<string, number[]>();
      for (const [type, price] of Object.entries(usDollars).filter(([name]) => inProportion.test(name))) {
        const [family = ''] = type.split('.');
        families.set(family, [...(families.get(family) ?? []), price / vcpusOf(type)]);
      }
      for (const [family, each] of families) {
        expect([region, family, Math.max(...each) / Math.min(...each) < 1.005]).toEqual([
          region,
          family,
          true,
        ]);
      }
    }
  });

  it('has the types of the guides in every commercial region, 1 to 6 in price, and the default where it is offered', () => {
    const withoutIt = new Set(['af-south-1', 'eu-south-1', 'me-south-1']);
    const commercial = regions.filter(([name]) => !name.startsWith('us-gov-'));
    expect(commercial.length).toBeGreaterThan(20);
    for (const [region, { usDollars }] of commercial) {
      expect(usDollars['c5.24xlarge']! / usDollars['c5.4xlarge']!).toBeCloseTo(6, 2);
      expect([region, usDollars['c7i.4xlarge'] === undefined]).toEqual([region, withoutIt.has(region)]);
    }
  });

  it('has the default of fleets on ECS in every region, and Fargate where a page was read', () => {
    for (const [region, { usDollars }] of regions) {
      expect([region, usDollars['t3.large']! > 0.08]).toEqual([region, true]);
    }
    expect(tablePrice('us-east-1', { kind: 'fargate', unit: 'vcpu', architecture: 'x86_64' })).toEqual({
      usDollars: 0.04048,
      source: 'aws.amazon.com/fargate/pricing, of unknown date',
    });
    expect(
      tablePrice('moon-1', { kind: 'fargate', unit: 'gigabyte', architecture: 'arm64' }),
    ).toBeUndefined();
  });

  it('says what things cost in us-east-1, and how far other regions are from that', () => {
    const machine = priceElsewhere({ kind: 'machine', instanceType: 'c7i.large' });
    expect(machine?.usDollars).toBe(machineHour['us-east-1']?.usDollars['c7i.large']);
    for (const item of [{ kind: 'machine', instanceType: 't3.large' }, { kind: 'volume' }] as const) {
      const { range: [least = 0, most = 0] = [] } = priceElsewhere(item) ?? {};
      for (const [region] of regions.filter(([name]) => !name.startsWith('us-gov-'))) {
        const ratio = (tablePrice(region, item)?.usDollars ?? NaN) / tablePrice('us-east-1', item)!.usDollars;
        expect([region, ratio < least || ratio > most]).toEqual([region, false]);
      }
      expect(least).toBeLessThanOrEqual(1);
      expect(most).toBeGreaterThan(1.3);
    }
    const fargate = { kind: 'fargate', unit: 'vcpu', architecture: 'arm64' } as const;
    expect(priceElsewhere(fargate)).toMatchObject({ usDollars: 0.03238, range: undefined });
    expect(priceElsewhere({ kind: 'machine', instanceType: 'zz9.large' })).toBeUndefined();
  });

  it('has the price of gp3 wherever it has machines, but in three regions', () => {
    const missing = regions.map(([name]) => name).filter((name) => gp3GigabyteMonth[name] === undefined);
    expect(missing).toEqual(['ap-southeast-4', 'eu-south-2', 'me-central-1']);
  });

  it('says where a price comes from, and since when it is so', () => {
    expect(tablePrice('us-east-1', { kind: 'machine', instanceType: 'c7i.4xlarge' })).toEqual({
      usDollars: 0.714,
      source: 'aws/karpenter-provider-aws at 6fc13b5, 2026-07-20',
    });
    expect(tablePrice('eu-west-1', { kind: 'machine', instanceType: 'c7i.4xlarge' })?.source).toBe(
      'skypilot-org/skypilot-catalog at 00148f2, of unknown date',
    );
    expect(addressPrice()).toMatchObject({ usDollars: 0.005, source: expect.stringMatching(/2024-02-01$/) });
  });

  it('has what a parameter costs, in all regions', () => {
    const source = 'aws.amazon.com/systems-manager/pricing, of unknown date';
    expect(parameterPrices()).toEqual({
      month: { usDollars: 0.05, source },
      call: { usDollars: 0.05 / 10_000, source },
    });
  });

  it('infers nothing: what it does not hold is not known', () => {
    expect(tablePrice('me-central-1', { kind: 'volume' })).toBeUndefined();
    expect(tablePrice('eu-west-1', { kind: 'machine', instanceType: 'c99.large' })).toBeUndefined();
    expect(tablePrice('moon-1', { kind: 'machine', instanceType: 'c7i.4xlarge' })).toBeUndefined();
  });
});

function vcpusOf(type: string): number {
  const [, count, x] = /\.(\d*)(x?)large$/.exec(type) ?? [];
  if (type.endsWith('.medium')) return 1;
  return x === '' ? 2 : 4 * Number(count || 1);
}
