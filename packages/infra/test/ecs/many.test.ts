import { tmpdir } from 'node:os';
import { createFleetId } from '@loadwright/core';
import { fakeMaster, sequentialRoundTrips, useAws } from '@loadwright/aws-stand-in';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fleetOf } from '../../src/ecs/fleet.js';
import { variablesFor } from '../ec2/quick-fleet.js';
import { uiPort, withFolder, type Work } from '../ec2/work.js';
import { offerBaseImage } from './base-image.js';
import { requestOf, settingsOf } from './work.js';

const aws = useAws();
let end: () => Promise<void>;
beforeAll(async () => {
  end = await offerBaseImage();
});
afterAll(() => end());

const timeout = 180_000;

async function withWork(use: (work: Work) => Promise<void>): Promise<void> {
  await withFolder(tmpdir(), (folder) =>
    use({ fleetId: createFleetId(), folder, environment: variablesFor(aws()), uiPort, adopted: {} }),
  );
}

/** A fleet of so many machines of workers. */
function deploy(work: Work, workers: number) {
  const settings = settingsOf(work);
  const { onDemand: _, spot } = settings.machines;
  const fleet = fleetOf({ ...settings, workerMachines: workers, machines: { onDemand: workers + 1, spot } });
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers }));
  return fleet.provision({ ...requestOf(work), workers });
}

it(
  'takes as many round trips for 50 machines of workers as for 2',
  async () => {
    const trips: number[] = [];
    for (const workers of [2, 50]) {
      // With an answer that takes its time, calls that do not wait for each other overlap.
      await aws().reset({ latency: 150, profileRefusals: 0 });
      await withWork(async (work) => {
        await deploy(work, workers);
        // Whoever waits looks again and again: how often is a matter of time, not of machines.
        const waits = /^ec2:DescribeInstances$|^ecs:(Describe|List)|^checkip/;
        trips.push(sequentialRoundTrips(aws().calls.filter(({ name }) => !waits.test(name))));
        const launches = aws().calls.filter(({ name }) => name === 'ec2:RunInstances');
        expect(new Set(launches.map(({ parameters }) => parameters['ClientToken'])).size).toBe(workers + 1);
      });
    }
    const [few = 0, many = 0] = trips;
    process.stdout.write(`round trips one after the other: ${few} for 2, ${many} for 50\n`);
    // One for each machine would be 48 more; a busy machine makes a few of calls that would have overlapped.
    expect(many).toBeLessThan(few + 24);
  },
  timeout,
);
