import { tmpdir } from 'node:os';
import { ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import { createFleetId } from '@loadwright/core';
import { expect, it } from 'vitest';
import { lookUpAccount } from '../../src/aws/account/account.js';
import { ensure } from '../../src/aws/ensure.js';
import { Journal, readJournal } from '../../src/aws/journal.js';
import { instance } from '../../src/aws/kinds/instance.js';
import { removeFleetResources } from '../../src/aws/removal/remove.js';
import { ec2Resources } from '../../src/ec2/resources.js';
import { useAws } from '@loadwright/aws-stand-in';
import { lookAt } from './look.js';
import { withFolder } from './work.js';

const aws = useAws({ hiddenLooks: 1 });

/** A fleet of nothing but machines. */
async function withFleet(
  use: (fleet: Awaited<ReturnType<typeof makeFleet>>) => Promise<void>,
): Promise<void> {
  await withFolder(tmpdir(), async (folder) => use(await makeFleet(folder)));
}

async function makeFleet(folder: string) {
  const { aws: clients, settings } = lookAt(aws());
  const { arn, image, subnets } = await lookUpAccount(clients, settings);
  const fleet = {
    ...clients.fleet(createFleetId()),
    region: aws().region,
    owner: arn,
    createdAt: new Date(),
    expiresAt: new Date(),
    tags: {},
  };
  const journal = await Journal.open(folder, fleet);
  const launch = (part: string) =>
    ensure({ aws: clients, fleet, journal, part }, instance, {
      ...settings,
      imageId: image.id,
      rootDevice: image.rootDevice,
      subnets,
      securityGroupId: undefined,
      instanceProfileName: undefined,
      keyPair: undefined,
      userData: Buffer.alloc(0),
      facts: {},
    });
  const remove = async () => {
    await journal.close();
    const { expected } = (await readJournal(folder, fleet))!;
    return removeFleetResources(clients, ec2Resources, fleet.fleetId, { expected });
  };
  return { fleet, folder, launch, remove };
}

it('a fleet may have several machines: each is made once, expected by itself, and removed', () =>
  withFleet(async ({ fleet, folder, launch, remove }) => {
    const before = await aws().inventory();
    const parts = ['worker-1', 'worker-2'] as const;
    // Of the second the answer is lost.
    aws().inject({ at: 'ec2:RunInstances', occurrence: 2, times: 1, fault: { kind: 'drop-answer' } });
    const ids = await Promise.all(parts.map(launch));
    expect(new Set(ids).size).toBe(2);
    expect(await Promise.all(parts.map(launch))).toEqual(ids);
    expect((await readJournal(folder, fleet))?.expected).toEqual(
      new Map(parts.map((part, index) => [`instance ${part}`, { kind: 'instance', part, id: ids[index] }])),
    );
    expect(await remove()).toMatchObject({ remaining: [] });
    expect(await aws().inventory()).toEqual(before);
  }));

it('one that somebody protected keeps none of the others', () =>
  withFleet(async ({ launch, remove }) => {
    const parts = ['worker-1', 'worker-2', 'worker-3'] as const;
    const [, InstanceId = ''] = await Promise.all(parts.map(launch));
    await aws().direct.ec2.send(
      new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value: true } }),
    );
    const { removed, remaining } = await remove();
    expect(removed.filter((one) => one.startsWith('instance '))).toHaveLength(2);
    expect(remaining).toContainEqual(expect.stringContaining(`instance ${InstanceId}: `));
    expect(remaining.filter((one) => one.startsWith('instance '))).toHaveLength(1);
  }));
