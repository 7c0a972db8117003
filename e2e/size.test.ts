import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Sizing } from '@loadwright/infra/size';
import { dhtConfig, project } from '../packages/cli/test/project.js';
import { run } from '../packages/cli/test/support.js';

const sagemakerConfig = {
  target: {
    kind: 'sagemaker',
    endpointName: 'fraud',
    region: 'eu-west-1',
    payloads: { inline: [{ text: 'x'.repeat(2000) }] },
  },
  load: { users: 5, duration: '10s' },
};

describe('loadwright size', () => {
  it('measures the bundle of the configuration with TLS, and prints one JSON document', async () => {
    execFileSync('openssl', ['version']);
    const io = await project(sagemakerConfig);
    const { exitCode, stdout, stderr } = await run(
      ['size', '--rate', '5000/s', '--benchmark', '2s', '--json'],
      io,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('for 2 s') });
    const { benchmark, rows, rate, region } = JSON.parse(stdout) as Sizing;
    expect({ rate, region, tls: benchmark.tls }).toEqual({ rate: 5000, region: 'us-east-1', tls: true });
    expect(benchmark.requests).toBeGreaterThan(0);
    // The body, and headers with a signature.
    expect(benchmark.bytesSent).toBeGreaterThan(2500);
    expect(benchmark.bytesSent).toBeLessThan(5000);
    const { least, mean, most } = benchmark.cpuMicroseconds;
    expect(least).toBeGreaterThan(1);
    expect(mean).toBeGreaterThanOrEqual(least);
    expect(most).toBeGreaterThanOrEqual(mean);
    for (const { requestsPerSecond, machines } of rows) {
      expect(machines.high).toBe(Math.ceil(5000 / requestsPerSecond.low));
      expect(machines.low).toBeLessThanOrEqual(machines.high);
    }
  });

  it('prints a table with prices of the region, what was not measured, and a recommendation', async () => {
    const { exitCode, stdout } = await run(
      ['size', '--rate', '300000/m', '--benchmark', '1s', '--region', 'eu-west-1'],
      await project(dhtConfig),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/µs of CPU a request/);
    expect(stdout).toMatch(/Expected for 5,000 requests\/s \(prices in eu-west-1/);
    expect(stdout).toMatch(/c7i\.large +2 +[\d,]+ – [\d,]+/);
    expect(stdout).toMatch(/✓ Lowest price that is enough by the low figures/);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/speed of other CPUs: not measured/);
  });
});
