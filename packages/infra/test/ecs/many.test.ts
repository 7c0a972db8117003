import { tmpdir } from 'node:os';
import { createFleetId } from '@loadwright/core';
import { fakeMaster, sequentialRoundTrips, useAws, type AwsStandIn } from '@loadwright/aws-stand-in';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { patient } from '../../src/aws/settings.js';
import { fleetOf } from '../../src/ecs/fleet.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import { quick, uiPort, withFolder, type Work } from '../ec2/work.js';
import { offerBaseImage } from './base-image.js';
import { requestOf, settingsOf } from './work.js';

const aws = useAws();
let end: () => Promise<void>;
beforeAll(async () => {
  end = await offerBaseImage();
});
afterAll(() => end());

const timeout = 360_000;

async function withWork(use: (work: Work) => Promise<void>, more: Partial<Work> = {}): Promise<void> {
  await withFolder(tmpdir(), (folder) =>
    use({ fleetId: createFleetId(), folder, environment: variablesFor(aws()), uiPort, adopted: {}, ...more }),
  );
}

/** A fleet of so many machines of workers, with a process on each. */
function fleetWith(work: Work, workers: number) {
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers }));
  const fleet = fleetOf(settingsOf(work, { workers, startTimeout: '3m' }));
  return { fleet, request: { ...requestOf(work), workers } };
}

/** Whoever waits looks again and again: how often is a matter of time, not of machines. */
const waits = /^ec2:DescribeInstances$|^ecs:(Describe|List)|^checkip/;

/** What is asked for each machine, those of workers and the master's, or for ten of them; all at the same time. */
const ofEachMachine = new Set([
  ...['ec2:RunInstances', 'scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
  ...['ecs:UpdateContainerInstancesState', 'ecs:DeregisterContainerInstance'],
]);

/** How often each was asked. */
function countsOf(calls: AwsStandIn['calls']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of calls) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** What is done to a fleet that is to have so many machines of workers, and what it takes. */
async function tripsOf(workers: number) {
  // With an answer that takes its time, calls that do not wait for each other overlap.
  await aws().reset({ latency: 300, profileRefusals: 0 });
  const trips: Record<string, { readonly count: number; readonly calls: Record<string, number> }> = {};
  await withWork(async (work) => {
    const { fleet, request } = fleetWith(work, workers);
    const { destroy, scaling } = fleet.lasting!;
    const phases = {
      deploy: () => fleet.provision(request),
      'scale down': () => scaling!.scale(work.fleetId, 2),
      'scale up': () => scaling!.scale(work.fleetId, workers),
      destroy: () => destroy(work.fleetId),
    };
    for (const [phase, carryOut] of Object.entries(phases)) {
      const before = aws().calls.length;
      await carryOut();
      const asked = aws()
        .calls.slice(before)
        // A longer list has more pages.
        .filter(({ name, parameters }) => !waits.test(name) && !('NextToken' in parameters));
      const calls = countsOf(asked.filter(({ name }) => !ofEachMachine.has(name)));
      trips[phase] = { count: sequentialRoundTrips(asked), calls };
    }
    const launches = aws().calls.filter(({ name }) => name === 'ec2:RunInstances');
    const tokens = new Set(launches.map(({ parameters }) => parameters['ClientToken']));
    expect(tokens.size).toBe(1 + workers + workers - 2);
  });
  return trips;
}

it(
  'takes as many round trips for 50 machines of workers as for 20, deploying, scaling and removing them',
  async () => {
    const few = await tripsOf(20);
    const many = await tripsOf(50);
    for (const [phase, { count, calls }] of Object.entries(few)) {
      const other = many[phase]!;
      process.stdout.write(
        `${phase}: round trips one after the other: ${count} for 20, ${other.count} for 50\n`,
      );
      // What is not asked for each machine is asked as often for any number of them.
      expect(other.calls, phase).toEqual(calls);
      // One for each machine would be 30 more, in each of its calls; a busy machine makes a few of calls that would have overlapped.
      expect(other.count, phase).toBeLessThan(count + 10);
    }
  },
  timeout,
);

it(
  'deploys, scales and removes 50 machines within the rates of calls that AWS documents',
  async () => {
    await aws().reset({ throttles: true });
    // As patient with refusals as against AWS; only what the stand-in does at once is looked at sooner.
    const pace = { ...quick, attempts: patient.attempts, propagation: 120_000, removal: 120_000 };
    await withWork(
      async (work) => {
        const { fleet, request } = fleetWith(work, 50);
        const before = await inventory();
        await fleet.provision(request);
        await fleet.lasting!.scaling!.scale(work.fleetId, 48);
        expect(await fleet.lasting!.destroy(work.fleetId)).toMatchObject({ remaining: [] });
        expect(await inventory()).toEqual(before);
      },
      { pace },
    );
    const refused = aws().calls.filter(({ name, outcome }) => name.startsWith('ecs:') && outcome === 400);
    process.stdout.write(`${refused.length} of ${aws().calls.length} calls refused\n`);
  },
  timeout,
);

const inventory = async () => (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));
