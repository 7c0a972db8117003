import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { uiPort } from '../ec2/work.js';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();

it('explains by what ECS says: machines, agents and tasks, each with its evidence', async () => {
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  const fleet = quickFleet(optionsFor(aws(), { containerImage: await baseImage(aws()) }));
  const request = await provisionRequest();
  const { fleetId } = request;
  await expect(fleet.lasting!.diagnose!(fleetId)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await fleet.provision(request);

  const settled = async () =>
    (await fleet.lasting!.diagnose!(fleetId)).filter(({ state }) => state !== 'good');
  await expect.poll(settled, { timeout: 60_000 }).toEqual([]);

  const { Reservations = [] } = await aws().direct.ec2.send(new DescribeInstancesCommand({}));
  const machines = Reservations.flatMap(({ Instances = [] }) => Instances);
  const worker = machines.find(({ Tags = [] }) => Tags.some(({ Value }) => Value === 'worker-1'));
  aws().ecs.setAgentConnected(worker!.InstanceId!, false);
  expect(await settled()).toEqual([
    expect.objectContaining({
      subject: 'agents',
      state: 'problem',
      evidence: [`worker-1 ${worker!.InstanceId}: ACTIVE, agent not connected`],
    }),
  ]);
  await fleet.lasting!.destroy(fleetId);
  await expect(fleet.lasting!.diagnose!(fleetId)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
