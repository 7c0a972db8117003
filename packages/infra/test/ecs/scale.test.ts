import { DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2';
import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { expect, it } from 'vitest';
import { uiPort } from '../ec2/work.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();

/** The machines that are up, by their parts. */
async function machines(): Promise<Map<string, Instance>> {
  const { Reservations = [] } = await aws().direct.ec2.send(new DescribeInstancesCommand({}));
  const all = Reservations.flatMap(({ Instances = [] }) => Instances);
  const partOf = ({ Tags = [] }: Instance) => Tags.find(({ Key }) => Key === 'loadwright:part')?.Value ?? '';
  return new Map(
    all
      .filter(({ State }) => /running|pending/.test(State?.Name ?? ''))
      .map((one) => [partOf(one), one] as const),
  );
}

const parts = async () => [...(await machines()).keys()].sort();
const schedules = async () => (await aws().inventory()).filter((one) => one.startsWith('scheduler:')).length;

/** What a machine shares with the others of its fleet. */
const like = ({ InstanceType, ImageId, NetworkInterfaces, IamInstanceProfile, SubnetId }: Instance) => [
  ...[InstanceType, ImageId, NetworkInterfaces?.[0]?.Groups, IamInstanceProfile?.Arn, SubnetId],
];

it(
  'launches machines like the others, ends the newest, replaces the lost, and never half',
  { timeout: 360_000 },
  async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const containerImage = await baseImage(aws());
    const fleet = quickFleet(optionsFor(aws(), { containerImage, tags: { team: 'load' } }));
    const request = { ...(await provisionRequest()), workers: 4 };
    const { fleetId } = request;
    await fleet.provision(request);
    // As from a machine that has neither configuration nor journal of the fleet, and other options besides.
    const scaling = () => quickFleet(optionsFor(aws(), { instanceType: 'm5.large' })).lasting!.scaling!;

    const plan = await scaling().plan(fleetId, 5);
    expect(plan).toMatchObject({ workersBefore: 4, workersAfter: 6 });
    expect(plan.changes).toEqual(['worker-3: a t3.large is launched']);
    expect(plan.pricePerHourBefore).toEqual((await fleet.plan(request)).pricePerHour);
    expect(plan.pricePerHourAfter.usDollars).toBeGreaterThan(plan.pricePerHourBefore.usDollars);
    await expect(scaling().plan(fleetId, 1001)).rejects.toThrow(
      'workers: found 1001, expected 1 to 1000: 2 on each of at most 500 machines',
    );
    aws().behaviour.quotas = { onDemand: 1, spot: 0 };
    await expect(scaling().scale(fleetId, 6)).rejects.toThrow(/quota does not suffice.*2 needed/);
    aws().behaviour.quotas = { onDemand: 64, spot: 64 };

    const handle = await scaling().scale(fleetId, 5);
    expect(handle.expectedWorkers).toBe(6);
    const up = await machines();
    expect(like(up.get('worker-3')!)).toEqual(like(up.get('worker-1')!));
    expect(up.get('worker-3')!.Tags).toContainEqual({ Key: 'team', Value: 'load' });
    expect(await schedules()).toBe(4);

    await scaling().scale(fleetId, 2);
    expect(await parts()).toEqual(['master', 'worker-1']);
    expect(await schedules()).toBe(2);
    expect(aws().calls.map(({ name }) => name)).toContain('ecs:UpdateContainerInstancesState');
    expect((await fleet.open(fleetId)).expectedWorkers).toBe(2);

    // A number is given once: EC2 would answer the launch of an earlier one with that.
    await scaling().scale(fleetId, 4);
    expect(await parts()).toEqual(['master', 'worker-1', 'worker-4']);
    expect((await scaling().plan(fleetId, 4)).changes).toEqual([]);

    const lost = (await machines()).get('worker-1')!.InstanceId!;
    await aws().endMachine(lost);
    const nodes = await (await fleet.open(fleetId)).status();
    expect(nodes.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...['master running', 'worker-1 failed', 'worker-2 failed', 'worker-3 running', 'worker-4 running'],
    ]);
    expect(nodes[1]?.reason).toMatch(new RegExp(`its machine worker-1 ${lost} ended`));
    const { changes } = await scaling().plan(fleetId, 4);
    expect(changes).toEqual(['worker-1: gone', 'worker-5: a t3.large is launched']);
    await scaling().scale(fleetId, 4);
    expect(await parts()).toEqual(['master', 'worker-4', 'worker-5']);

    const noCapacity = aws().inject({
      ...{ at: 'ec2:RunInstances', occurrence: 2, times: Infinity },
      fault: { kind: 'error', code: 'InsufficientInstanceCapacity', status: 500 },
    });
    await expect(scaling().scale(fleetId, 8)).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringMatching(/No zone has a t3\.large to give/),
    });
    expect(noCapacity.strikes).toBeGreaterThan(0);
    aws().withoutFaults();
    expect(await parts()).toEqual(['master', 'worker-4', 'worker-5']);
    expect(await schedules()).toBe(3);
    expect((await fleet.open(fleetId)).expectedWorkers).toBe(4);

    const { remaining } = await fleet.lasting!.destroy(fleetId);
    expect(remaining).toEqual([]);
    expect(await parts()).toEqual([]);
  },
);

it(
  'gives a machine of an interrupted change the schedule that ends it from outside',
  { timeout: 120_000 },
  async () => {
    Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const containerImage = await baseImage(aws());
    const fleet = quickFleet(optionsFor(aws(), { containerImage, workers: 1 }));
    const request = await provisionRequest();
    const { fleetId } = request;
    await fleet.provision(request);
    const interrupted = new AbortController();
    aws().inject({
      at: 'scheduler:CreateSchedule',
      fault: { kind: 'kill', when: 'before', callback: () => interrupted.abort() },
    });
    const { scaling } = fleet.lasting!;
    await expect(scaling!.scale(fleetId, 4, { signal: interrupted.signal })).rejects.toThrow();
    expect([await parts(), await schedules()]).toEqual([['master', 'worker-1', 'worker-2'], 2]);
    await scaling!.scale(fleetId, 4);
    expect([await parts(), await schedules()]).toEqual([['master', 'worker-1', 'worker-2'], 3]);
    expect((await fleet.lasting!.destroy(fleetId)).remaining).toEqual([]);
  },
);
