import type { Comparison } from '@loadwright/core/compare';
import { afterAll, expect, it } from 'vitest';
import { busyMachineReasons } from '../packages/infra/test/busy-machine.js';
import { findTarget } from '../packages/cli/src/config/target.js';
import { startEmulator } from '../packages/cli/src/run/emulation.js';
import { Command } from '../packages/cli/test/command.js';
import { project } from '../packages/cli/test/project.js';
import { TestIo } from '../packages/cli/test/support.js';
import type { DhtEmulator } from '@loadwright/targets/dht';

const rings: DhtEmulator[] = [];
afterAll(() => Promise.all(rings.map((ring) => ring.stop())));

it('compares koorde and chord as pairs, on one fleet, by what the clients saw and by what the rings count', async () => {
  const { definition } = await findTarget('dht', new TestIo());
  // So much slower that no pause of this machine makes the two equal.
  for (const [protocol, serviceTime] of [
    ['koorde', '20ms'],
    ['chord', '200ms'],
  ]) {
    const { emulator } = await startEmulator(definition, { protocol, serviceTime, concurrency: 64 });
    rings.push(emulator as DhtEmulator);
  }
  const [koorde, chord] = rings.map(({ url }) => url);
  const { cwd } = await project({
    target: {
      ...{ kind: 'dht', protocol: 'koorde', baseUrl: koorde },
      urls: { template: 'https://origin.example/item/{i}', count: 50 },
    },
    hosts: [koorde, chord],
    ...{ workers: 1, load: { arrivalRate: '60/s', duration: '3s' }, tolerate: busyMachineReasons },
    thresholds: { http_req_failed: ['rate<0.5'] },
  });
  const command = new Command(
    [
      ...['compare', 'run', '--pairs', '3', '--share-fleet'],
      ...['--baseline-set', `host=${koorde}`, '--baseline-set', 'protocol=koorde'],
      ...['--candidate-set', `host=${chord}`, '--candidate-set', 'protocol=chord'],
      ...['--fail-if', 'p(95)>+100%', '--yes', '--no-live', '--json'],
    ],
    { cwd },
  );
  const exitCode = await command.ended;
  const { comparison } = JSON.parse(command.stdout) as { comparison: Comparison };
  expect([exitCode, comparison.method], command.stderr).toEqual([99, 'paired']);
  const of = (name: string) => comparison.figures.find(({ figure }) => figure === name)!;
  expect(of('http_req_duration p(95)')).toMatchObject({ unit: 'ms', conclusion: 'higher' });
  expect(of('http_req_failed rate')).toMatchObject({ unit: 'share', baseline: 0, candidate: 0 });
  // A plain number, whose difference is a share of the baseline.
  expect(of('hops p(95)')).toMatchObject({ unit: '', scale: 'ratio', baseline: 1, candidate: 1 });
  expect(of('cache_hit rate').baseline).toBeGreaterThan(0.3);
  // Each ring got its own requests, and those of preflights.
  for (const ring of rings) expect(ring.statistics().requests).toBeGreaterThanOrEqual(3 * 175);
});
