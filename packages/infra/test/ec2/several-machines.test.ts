import { tmpdir } from 'node:os';
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

it('a fleet may have several machines: each is made once, expected by itself, and removed', () =>
  withFolder(tmpdir(), async (folder) => {
    const before = await aws().inventory();
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

    const parts = ['worker-1', 'worker-2'] as const;
    // Of the second the answer is lost.
    aws().inject({ at: 'ec2:RunInstances', occurrence: 2, times: 1, fault: { kind: 'drop-answer' } });
    const ids = await Promise.all(parts.map(launch));
    expect(new Set(ids).size).toBe(2);
    expect(await Promise.all(parts.map(launch))).toEqual(ids);
    expect((await readJournal(folder, fleet))?.expected).toEqual(
      new Map(parts.map((part, index) => [`instance ${part}`, { kind: 'instance', part, id: ids[index] }])),
    );
    await journal.close();

    const { expected } = (await readJournal(folder, fleet))!;
    const { remaining } = await removeFleetResources(clients, ec2Resources, fleet.fleetId, { expected });
    expect(remaining).toEqual([]);
    expect(await aws().inventory()).toEqual(before);
  }));
