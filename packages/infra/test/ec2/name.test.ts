import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateTagsCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { createFleetId, openFleet } from '@loadwright/core';
import { expect, it } from 'vitest';
import { knownEc2Fleets } from '../../src/ec2/known-fleets.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import { useAws } from '@loadwright/aws-stand-in';
import { withDeployedFleet } from './deployed-fleet.js';
import { requestOf, settingsOf } from './work.js';

const aws = useAws();
const never = new AbortController().signal;

/** The machine of a fleet gets this tag, as if somebody else had made it, or it were over. */
async function retag(fleetId: string, Key: string, Value: string): Promise<void> {
  const { ec2 } = aws().direct;
  const Filters = [{ Name: 'tag:loadwright:fleet-id', Values: [fleetId] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  const Resources = Reservations.flatMap(({ Instances = [] }) => Instances).map(
    ({ InstanceId = '' }) => InstanceId,
  );
  await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key, Value }] }));
}

it('a fleet is found by the name that its owner gave it, which no other live fleet of theirs can have', () =>
  withDeployedFleet(
    aws(),
    async (work) => {
      const fleet = fleetOf(settingsOf(work));
      expect(await fleet.lasting!.list()).toMatchObject([{ fleetId: work.fleetId, name: 'koorde-lab' }]);
      expect((await openFleet(fleet, 'koorde-lab')).fleetId).toBe(work.fleetId);
      expect(await knownEc2Fleets({ environment: { LOADWRIGHT_STATE_DIR: work.folder } })).toMatchObject([
        { fleetId: work.fleetId, name: 'koorde-lab' },
      ]);

      const before = await aws().inventory();
      const again = { ...requestOf({ ...work, fleetId: createFleetId() }, never), name: 'koorde-lab' };
      const refusal = {
        code: 'CONFIG_INVALID',
        message: `name: fleet ${work.fleetId} of yours in eu-west-1 is called "koorde-lab" already`,
      };
      await expect(fleet.plan(again)).rejects.toMatchObject(refusal);
      await expect(fleet.provision(again)).rejects.toMatchObject(refusal);
      expect(await aws().inventory()).toEqual(before);
      // Its own deployment may continue; the journal knows under which name.
      const { name: _name, ...resumed } = requestOf(work, never);
      await fleet.provision(resumed);
      expect(await fleet.lasting!.list()).toMatchObject([{ name: 'koorde-lab' }]);

      await retag(work.fleetId, 'loadwright:owner', 'arn:aws:iam::123456789012:user/somebody-else');
      await expect(fleet.plan(again)).resolves.toBeDefined();
      await retag(work.fleetId, 'loadwright:owner', (await fleet.lasting!.place()).caller ?? '');
      await expect(fleet.plan(again)).rejects.toMatchObject(refusal);
      await retag(work.fleetId, 'loadwright:expires-at', new Date(0).toISOString());
      await expect(fleet.plan(again)).resolves.toBeDefined();
      await rm(join(work.folder, 'runs'), { recursive: true });
      await fleet.lasting!.destroy(work.fleetId);
    },
    { name: 'koorde-lab' },
  ));
