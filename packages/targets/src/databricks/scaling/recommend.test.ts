import { snapshotFileOf } from '@loadwright/core/scaling';
import { describe, expect, it } from 'vitest';
import { databricksOptionsSchema } from '../options.js';
import { databricks } from '../index.js';
import { databricksScaling } from './index.js';
import type { DatabricksScalingSettings } from './settings.js';

const options = databricksOptionsSchema.parse({
  baseUrl: 'https://dbc-a1b2c3d4-e5f6.cloud.databricks.com',
  endpointName: 'prices',
  payloads: { inline: [{ rooms: 3 }] },
});
const demand = {
  ...{ peakPerSecond: 100, basePerSecond: 20, rampSeconds: 7200 },
  ...{ detectionSeconds: 0, startSeconds: 300 },
};
const capacity = { requestsPerSecond: { low: 100, high: 100 }, serviceSeconds: 0.1 };

const limitsOf = (settings: unknown) => (settings as DatabricksScalingSettings).servedEntities['prices']!;

describe('provisioned concurrency', () => {
  it('is the rate × the time of a request ÷ the factor, in units of four', () => {
    const { settings, rows } = databricksScaling.recommend(options, capacity, demand);
    const limits = limitsOf(settings);
    // 100/s × 0.1 s are 10 at once; no factor is above 0.85.
    expect(limits.max_provisioned_concurrency).toBeGreaterThanOrEqual(12);
    expect(Number(limits.max_provisioned_concurrency) % 4).toBe(0);
    expect(Number(limits.min_provisioned_concurrency) % 4).toBe(0);
    expect(rows.find(({ name }) => name === 'workload size')?.value).toMatch(/Medium|Large/);
  });

  it('names a size only where it keeps as many units as the ramp needs', () => {
    const ranges = { Small: [4, 4], Medium: [8, 16], Large: [16, 64], none: [Infinity, 0] } as const;
    for (const peakPerSecond of [10, 60, 100, 150, 300, 600, 2000])
      for (const rampSeconds of [60, 600, 7200]) {
        const changed = { ...demand, peakPerSecond, basePerSecond: peakPerSecond / 10, rampSeconds };
        const { settings, rows } = databricksScaling.recommend(options, capacity, changed);
        const limits = limitsOf(settings);
        const [min, max] = [
          Number(limits.min_provisioned_concurrency),
          Number(limits.max_provisioned_concurrency),
        ];
        const size = rows.find(({ name }) => name === 'workload size')!.value as keyof typeof ranges;
        const fits = ([from, to]: readonly [number, number]) => from >= min && to >= max;
        expect([min, max, fits(ranges[size])]).toEqual([min, max, Object.values(ranges).some(fits)]);
      }
  });

  it.each([
    [20, 100, 0.1, '2 to 10'],
    [1, 3, 0.08, '1 to 1'],
    [0, 101, 0.1, '0 to 11'],
    [30, 300, 0.07, '3 to 21'],
  ])(
    'of %f and %f requests/s of %f s are %s units in use',
    (basePerSecond, peakPerSecond, serviceSeconds, units) => {
      const known = { ...capacity, serviceSeconds };
      const { rows } = databricksScaling.recommend(options, known, {
        ...demand,
        basePerSecond,
        peakPerSecond,
      });
      const value = (name: string) => rows.find((row) => row.name === name)!.value;
      expect(value('units in use')).toBe(units);
      // What is recommended holds the peak.
      expect(Number(value('max concurrency'))).toBeGreaterThanOrEqual(Number(units.split(' to ')[1]));
    },
  );

  it('grows with the speed of the ramp', () => {
    const least = (rampSeconds: number) =>
      Number(
        limitsOf(databricksScaling.recommend(options, capacity, { ...demand, rampSeconds }).settings)
          .min_provisioned_concurrency,
      );
    expect(least(300)).toBeGreaterThan(least(36_000));
  });

  it('counts what it costs in units of concurrency, whatever an instance held', () => {
    const costsOf = (of: Partial<typeof capacity> = {}) =>
      databricksScaling.recommend(options, { ...capacity, ...of }, demand).costs!;
    const { units, requestsPerUnit, ways } = costsOf();
    expect([units, requestsPerUnit]).toEqual(['units of concurrency', 10]);
    const limits = limitsOf(databricksScaling.recommend(options, capacity, demand).settings);
    expect(ways).toEqual([
      {
        name: 'Recommended',
        instances: [limits.min_provisioned_concurrency, limits.max_provisioned_concurrency],
      },
      // 100/s × 0.1 s ÷ 0.85 are 11.8 at once, in units of four; half of it is 5.9.
      { name: 'Fixed for the peak', instances: [12, 12] },
      { name: 'Fixed, half of the peak', instances: [8, 8] },
    ]);
    expect(costsOf({ requestsPerSecond: { low: 5, high: 7 } })).toEqual(costsOf());
  });

  it('warns of zero, and of more than there is', () => {
    const notes = (changes: object) =>
      databricksScaling.recommend(options, capacity, { ...demand, ...changes }).notes.join(' ');
    expect(notes({ fromZero: true, basePerSecond: 0 })).toContain('not for production');
    expect(notes({ peakPerSecond: 20_000 })).toContain('More than the 1024');
    expect(notes({ peakPerSecond: 200 })).not.toContain('requests/s');
    expect(notes({ peakPerSecond: 201 })).toContain('More than the 200 requests/s');
    const routed = { ...options, endpointUrl: 'https://1.serving.example/1/serving-endpoints/prices' };
    const { notes: ofRouted } = databricksScaling.recommend(routed, capacity, {
      ...demand,
      peakPerSecond: 201,
    });
    expect(ofRouted.join(' ')).not.toContain('requests/s');
  });

  it('cannot be said without the time of a request', () => {
    expect(() =>
      databricksScaling.recommend(options, { requestsPerSecond: { low: 1, high: 1 } }, demand),
    ).toThrow('the time of a request');
  });
});

it('the snapshot of an endpoint is found again whatever its requests look like', () => {
  const fileOf = (format: 'dataframe_split' | 'inputs') => {
    const { definition, options } = databricks({
      ...{ endpointName: 'house-prices', format, baseUrl: 'https://dbc.example', payloads: 'rows.jsonl' },
    });
    return snapshotFileOf('results', definition, options as Parameters<typeof definition.host>[0]);
  };
  expect(fileOf('inputs')).toBe('results/scaling/databricks-house-prices-dbc.example.json');
  expect(fileOf('dataframe_split')).toBe(fileOf('inputs'));
});
