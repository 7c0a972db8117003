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

it.each([
  ['ec2', 'change'],
  ['ec2', 'removal'],
  ['fargate', 'change'],
  ['fargate', 'removal'],
] as const)(
  'on %s, a change and two removals leave nothing, the %s being first',
  { timeout: 180_000 },
  async (launchType, first) => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const options = optionsFor(aws(), { containerImage: await baseImage(aws()), launchType });
    const request = await provisionRequest();
    const { fleetId } = request;
    await quickFleet(options).provision(request);
    const waited: string[] = [];
    /** Begins, and is in the middle of it when it says something else than that it waits. */
    const begin = async <Result>(work: (onProgress: (message: string) => void) => Promise<Result>) => {
      let ended: Promise<Result> | undefined;
      await new Promise<void>((resolve) => {
        ended = work((message) => {
          if (message.startsWith('Another command changes')) waited.push(message);
          resolve();
        });
      });
      return { ended: ended! };
    };
    const { lasting } = quickFleet(options);
    const change = () =>
      begin((onProgress) =>
        lasting!.scaling!.scale(fleetId, 4, { onProgress }).then(
          () => 'changed',
          (error: unknown) => String(error),
        ),
      );
    const removal = () =>
      begin((onProgress) => quickFleet(options).lasting!.destroy(fleetId, { onProgress }));
    const begun = first === 'change' ? await change() : await removal();
    const others = await Promise.all(first === 'change' ? [removal(), removal()] : [removal(), change()]);
    const ends = await Promise.all([begun, ...others].map(({ ended }) => ended as Promise<unknown>));
    expect(waited).toHaveLength(2);
    const [changed] = ends.filter((end) => typeof end === 'string');
    expect(changed).toMatch(first === 'change' ? /^changed$/ : /There is no/);
    for (const end of ends) if (end !== changed) expect(end).toMatchObject({ remaining: [] });
    expect(await lasting!.inventory(fleetId)).toEqual([]);
    expect(await nodes(launchType)).toBe(0);
  },
);
