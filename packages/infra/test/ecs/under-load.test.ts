import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { createLoadTest, openFleet, type RunReport } from '@loadwright/core';
import { locustContainers, useAws, type Machine } from '@loadwright/aws-stand-in';
import { expect, it, onTestFinished } from 'vitest';
import { busyMachine } from '../busy-machine.js';
import { echo, startEcho } from '../run/echo-target.js';
import { baseImage, folder, optionsFor, quickFleet } from './account.js';

const aws = useAws();

const part = (machine: { readonly tags: Machine['tags'] }) => machine.tags['loadwright:part'] ?? '';

/** Ids of the machines that are up, by their parts. */
async function machines(): Promise<Map<string, string>> {
  const { Reservations = [] } = await aws().direct.ec2.send(new DescribeInstancesCommand({}));
  const all = Reservations.flatMap(({ Instances = [] }) => Instances);
  return new Map(
    all.flatMap(({ InstanceId = '', State, Tags = [] }) => {
      const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
      return /running|pending/.test(State?.Name ?? '') ? [[part({ tags }), InstanceId] as const] : [];
    }),
  );
}

it(
  'gives a load more machines and fewer, misses one that ends, and has another for the next load',
  { timeout: 240_000 },
  async () => {
    const containers = locustContainers(aws());
    aws().behaviour.containers = containers;
    onTestFinished(() => containers.clear());
    const endpoint = await startEcho();
    onTestFinished(() => endpoint.stop());
    const fleet = quickFleet(optionsFor(aws(), { containerImage: await baseImage(aws()) }));
    const loadTest = (duration: string) =>
      createLoadTest({
        target: echo({ url: endpoint.url }),
        load: { users: 6, duration, waitTime: '20ms' },
        workers: 2,
        baseDirectory: folder(),
        environment: {},
      });
    const { fleetId, handle } = await loadTest('10s').deploy({ fleet });

    /** @param happens once the load has run for two seconds */
    const runWhile = async (duration: string, happens?: () => Promise<unknown>): Promise<RunReport> => {
      let happening: Promise<unknown> | undefined;
      const report = await loadTest(duration).run({
        ...{ fleet, on: fleetId, tolerate: busyMachine, skipPreflight: true },
        onProgress: ({ type, ...event }) => {
          if (type === 'sample' && 'sample' in event && event.sample.elapsedSeconds >= 2)
            happening ??= happens?.();
        },
      });
      await happening;
      return report;
    };

    const scaled = await runWhile('25s', async () => {
      const opened = await openFleet(fleet, fleetId);
      expect(await opened.scale(3)).toMatchObject({ workers: 3, underLoad: true });
      await expect
        .poll(
          async () => (await opened.statistics()).workers.filter(({ userCount }) => userCount > 0).length,
          {
            timeout: 45_000,
          },
        )
        .toBe(3);
      expect(await opened.scale(2)).toMatchObject({ workers: 2, underLoad: true });
      const users = async () => (await opened.statistics()).workers.map(({ userCount }) => userCount);
      await expect.poll(users, { timeout: 45_000 }).toEqual([3, 3]);
    });
    expect(scaled.problems ?? []).toEqual([]);
    expect(scaled.verdict).toBe('PASS');
    const changes = scaled.events.filter(({ action }) => action === 'scale').map(({ workers }) => workers);
    expect(changes).toEqual([3, 2]);
    expect(scaled.total).toMatchObject({ failed: 0, dropped: 0 });

    let endedAt = 0;
    const lost = await runWhile('30s', async () => {
      const [, id = ''] = [...(await machines())].find(([name]) => name.startsWith('worker')) ?? [];
      endedAt = Date.now();
      await aws().endMachine(id);
    });
    expect(Date.now() - endedAt).toBeLessThan(20_000);
    expect(lost.verdict).toBe('INVALID');
    expect(lost.problems?.[0]).toMatchObject({ rule: 'worker-lost' });
    expect(lost.total.due).toBeGreaterThan(0);

    // The next one has all of its machines again.
    expect(await runWhile('3s')).toMatchObject({ verdict: 'PASS' });
    expect([...(await machines()).keys()]).toHaveLength(3);
    expect(containers.failures.splice(0)).toEqual([]);
    expect((await handle.destroy()).remaining).toEqual([]);
  },
);
