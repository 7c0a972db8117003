import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { expect, it } from 'vitest';
import { uiPort } from '../ec2/work.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();

/** Machines, or tasks on Fargate, that are up. */
async function nodes(launchType: 'ec2' | 'fargate'): Promise<number> {
  if (launchType === 'fargate')
    return [...aws().ecs.state.tasks.values()].filter(({ lastStatus }) => lastStatus !== 'STOPPED').length;
  const { Reservations = [] } = await aws().direct.ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ State }) =>
    /running|pending/.test(State?.Name ?? ''),
  ).length;
}

it.each(['ec2', 'fargate'] as const)(
  'two changes of a fleet on %s at a time are one after the other',
  { timeout: 180_000 },
  async (launchType) => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const options = optionsFor(aws(), { containerImage: await baseImage(aws()), launchType });
    const fleet = quickFleet(options);
    const request = await provisionRequest();
    const { fleetId } = request;
    await fleet.provision(request);
    const said: string[] = [];
    const onProgress = (message: string) => said.push(message);
    const both = [1, 4].map((workers) =>
      quickFleet(options).lasting!.scaling!.scale(fleetId, workers, { onProgress }),
    );
    await Promise.all(both);
    expect(said).toContain(`Another command changes ${fleetId}: waiting for it`);
    const { expectedWorkers } = await fleet.open(fleetId);
    expect([1, 4]).toContain(expectedWorkers);
    // One process on each, and the master.
    expect(await nodes(launchType)).toBe(expectedWorkers + 1);
    expect(await fleet.lasting!.destroy(fleetId)).toMatchObject({ remaining: [] });
    expect(await nodes(launchType)).toBe(0);
  },
);
