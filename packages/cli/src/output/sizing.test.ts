import { estimate } from '@loadwright/infra/size';
import { expect, it } from 'vitest';
import { colorsFor } from './colors.js';
import { MemoryStream } from '../../test/support.js';
import { formatSizing } from './sizing.js';

const benchmark = {
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

it('prints what was measured, a row for each machine, a recommendation, and what was not measured', () => {
  const text = formatSizing(
    estimate(benchmark, { rate: 100_000, region: 'us-east-1' }),
    colorsFor(new MemoryStream(), {}),
  ).join('\n');
  expect(text).toContain('50 µs of CPU a request (40 to 70), 10,000 requests/s with 50 % of a core');
  expect(text).toContain('1 kB sent and 500 B received a request');
  expect(text).toMatch(/c7i\.xlarge +4 +20,000 – 70,000 +2 – 5 +0\.357 – 0\.893 +CPU/);
  expect(text).toMatch(/✓ Lowest price that is enough by the low figures: \d+ machines? of c7g/);
  expect(text).toContain('t3.large: the low figure is at its CPU baseline of 30 %');
  expect(text).toContain('speed of other CPUs: not measured');
  expect(text).not.toContain('Locust waited');
});

it('says that the figures are low when the server was the limit', () => {
  const idle = { ...benchmark, utilization: 0.1 };
  const lines = formatSizing(
    estimate(idle, { rate: 1, region: 'us-east-1' }),
    colorsFor(new MemoryStream(), {}),
  );
  expect(lines.join('\n')).toContain('Locust waited for the server beside it');
});
