import { describe, expect, it } from 'vitest';
import type { Benchmark } from './benchmark.js';
import { estimate } from './estimate.js';

const benchmark: Benchmark = {
  users: 32,
  seconds: 20,
  requests: 200_000,
  requestsPerSecond: 10_000,
  cpuMicroseconds: { mean: 50, least: 40, most: 70 },
  utilization: 0.5,
  bytesSent: 1000,
  bytesReceived: 500,
  tls: true,
};

const rowOf = (name: string, options: Partial<Benchmark> = {}, rate = 100_000) =>
  estimate({ ...benchmark, ...options }, { rate, region: 'us-east-1' }).rows.find(
    ({ instanceType }) => instanceType === name,
  );

describe('estimate', () => {
  it('scales the cost of a request to the vCPUs, from the dearest part to the cheapest', () => {
    // 4 vCPUs at 70 %: half as fast at 70 µs, as fast as this machine at 40 µs.
    expect(rowOf('c7i.xlarge')).toMatchObject({
      vcpus: 4,
      requestsPerSecond: { low: 20_000, high: 70_000 },
      limit: 'cpu',
      machines: { low: 2, high: 5 },
      usDollarsPerHour: { low: 2 * 0.1785, high: 5 * 0.1785 },
    });
  });

  it('is limited by the network where bodies are long', () => {
    // 80 % of 1,562 Mbit/s, 100 kB a request.
    expect(rowOf('c7i.xlarge', { bytesSent: 1000, bytesReceived: 100_000 })).toMatchObject({
      requestsPerSecond: { low: 1562, high: 1562 },
      limit: 'network',
    });
  });

  it('plans a burstable machine with its baseline, and says so', () => {
    const row = rowOf('t3.large');
    expect(row?.requestsPerSecond.low).toBe(3000);
    expect(row?.note).toContain('CPU baseline of 30 %');
  });

  it('names the type with the lowest price that is certain to do, and the source of each figure', () => {
    const { cheapest, rows, sources } = estimate(benchmark, { rate: 5000, region: 'us-east-1' });
    const certain = rows.filter(({ usDollarsPerHour }) => usDollarsPerHour !== null);
    const least = Math.min(...certain.map(({ usDollarsPerHour }) => usDollarsPerHour!.high));
    expect(rows.find(({ instanceType }) => instanceType === cheapest)?.usDollarsPerHour?.high).toBe(least);
    expect(sources.join('\n')).toMatch(
      /measured on this machine with this bundle, 200,000 requests of 32 users in 20 s, with TLS/,
    );
    expect(sources.join('\n')).toMatch(/speed of other CPUs: not measured/);
    expect(sources.join('\n')).toMatch(/prices on demand in us-east-1: aws\/karpenter/);
  });

  it('prefers few machines to many for the same price', () => {
    const { cheapest, rows } = estimate(benchmark, { rate: 80_000, region: 'us-east-1' });
    const row = rows.find(({ instanceType }) => instanceType === cheapest);
    const same = rows.filter(
      ({ usDollarsPerHour }) => usDollarsPerHour?.high.toFixed(3) === row?.usDollarsPerHour?.high.toFixed(3),
    );
    expect(same.length).toBeGreaterThan(1);
    expect(row?.machines.high).toBe(Math.min(...same.map(({ machines }) => machines.high)));
  });

  it('knows no price where the table has none', () => {
    const { rows, cheapest, sources } = estimate(benchmark, { rate: 5000, region: 'xx-nowhere-1' });
    expect(rows.every(({ usDollarsPerHour }) => usDollarsPerHour === null)).toBe(true);
    expect(cheapest).toBeUndefined();
    expect(sources).toContain('prices: unknown in xx-nowhere-1');
  });
});
