import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { createFleetId } from '@loadwright/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { useAws } from '@loadwright/aws-stand-in';
import { destroy, withDeployedFleet } from './deployed-fleet.js';
import { quick, requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

const aws = useAws();
const hour = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

const withFleet = (use: (work: Work) => Promise<void>) => withDeployedFleet(aws(), use);

const elsewhere = (work: Work): Work => ({ ...work, folder: join(work.folder, 'elsewhere') });

/** All clocks of this process go on by so many milliseconds. */
function later(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

describe('what a removal waits for', () => {
  it('nothing when all is seen; without a journal, what an earlier removal may have removed', () =>
    withFleet(async (work) => {
      aws().inject({ at: 'iam:DeleteRole', fault: { kind: 'denied' } });
      expect(await destroy(elsewhere(work))).toMatchObject({
        waits: '',
        remaining: [expect.stringContaining('role')],
      });
      expect(await destroy(elsewhere(work))).toMatchObject({
        waits: expect.stringContaining('bucket') as string,
      });
    }));

  it('not what an earlier removal has removed', () =>
    withFleet(async (work) => {
      aws().inject({ at: 'iam:DeleteRole', fault: { kind: 'denied' } });
      expect((await destroy(work)).remaining).toHaveLength(1);
      expect(await destroy(work)).toEqual({ waits: '', remaining: [] });
      expect(await readdir(join(work.folder, 'runs'))).toEqual([]);
    }));

  it('what was made a moment ago and is not seen, until it is', () =>
    withFleet(async (work) => {
      const before = (await aws().inventory()).length;
      expect(before).toBeGreaterThan(5);
      aws().behaviour.hiddenLooks = 3;
      const pace = { ...quick, unknownOutcome: 5000 };
      expect(await destroy({ ...work, pace })).toEqual({
        waits: expect.stringMatching(/at most 5 s: .*role/) as string,
        remaining: [],
      });
      expect(await aws().inventory()).toEqual([]);
    }));

  it('not a machine that has ended by itself', () =>
    withFleet(async (work) => {
      const { ec2 } = aws().direct;
      const machines = (await aws().inventory()).filter((name) => name.startsWith('ec2:instance/'));
      aws().behaviour.stoppingLooks = 0;
      await ec2.send(
        new TerminateInstancesCommand({ InstanceIds: machines.map((name) => name.split('/')[1] ?? '') }),
      );
      expect(await destroy(work)).toEqual({ waits: '', remaining: [] });
    }));

  it('not what a machine holds that may not be ended: the rest goes, and it says what is left and why', () =>
    withFleet(async (work) => {
      aws().inject({ at: 'ec2:TerminateInstances', fault: { kind: 'denied' } });
      const { remaining } = await destroy({ ...work, pace: { ...quick, removal: 600_000 } });
      expect(remaining).toContainEqual(expect.stringMatching(/^instance i-\w+: .*TerminateInstances/));
      expect(remaining).toContainEqual(
        expect.stringMatching(
          /^security group sg-\w+: it is in use by the instance i-\w+, which could not be/,
        ),
      );
      expect(
        remaining.filter(
          (line) =>
            !/^(instance|(role of the )?schedule|security group|volume|network interface) /.test(line),
        ),
      ).toEqual([]);
      expect((await destroy(work)).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual([]);
    }));

  it('what a machine holds that ends although the answer is lost', () =>
    withFleet(async (work) => {
      const { attempts } = quick;
      aws().inject({ at: 'ec2:TerminateInstances', times: attempts, fault: { kind: 'drop-answer' } });
      expect(await destroy(work)).toEqual({ waits: '', remaining: [] });
      expect(await aws().inventory()).toEqual([]);
    }));

  it.each([
    ['with a journal', (work: Work) => work],
    ['without', elsewhere],
  ])('nothing that was made long ago: %s', (_name, place) =>
    withFleet(async (work) => {
      aws().inject({ at: 'iam:DeleteRole', fault: { kind: 'denied' } });
      later(hour / 4);
      expect((await destroy(elsewhere(work))).remaining).toHaveLength(1);
      expect(await destroy(place(work))).toEqual({ waits: '', remaining: [] });
    }),
  );

  it('everything in the first hour of a fleet of which nothing is seen, and no journal tells; nothing afterwards', () =>
    withFolder(tmpdir(), async (folder) => {
      const work = { fleetId: createFleetId(), folder, environment: aws().environment, uiPort, adopted: {} };
      expect((await destroy(work)).waits).toMatch(/instance.*security group.*role.*parameters.*bucket/);
      later(hour);
      expect(await destroy(work)).toEqual({ waits: '', remaining: [] });
    }));
});

it('refuses to take a fleet for removed that is in another region, and to make it a second time there', () =>
  withFleet(async (work) => {
    const settings = settingsOf(work);
    const fleet = fleetOf({ ...settings, aws: { ...settings.aws, region: 'eu-west-3' } });
    const elsewhere = {
      code: 'CONFIG_INVALID',
      message: `Fleet ${work.fleetId} is in eu-west-1, not in eu-west-3.`,
      next: [
        expect.objectContaining({
          action: 'destroy-fleet',
          fleet: { kind: 'ec2', options: { region: 'eu-west-1' } },
        }),
      ],
    };
    await expect(fleet.lasting!.destroy(work.fleetId)).rejects.toMatchObject(elsewhere);
    await expect(fleet.open(work.fleetId)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `There is no machine of fleet ${work.fleetId} in eu-west-3.`,
    });
    const again = fleet.provision(requestOf(work, new AbortController().signal));
    await expect(again).rejects.toMatchObject(elsewhere);
    expect(await readdir(join(work.folder, 'runs'))).toEqual([`${work.fleetId}.jsonl`]);
    await rm(join(work.folder, 'runs'), { recursive: true });
    expect((await destroy(work)).remaining).toEqual([]);
  }));

describe('a bucket of the same name in another account', () => {
  it('is an error before anything is uploaded, and nothing to remove', () =>
    withFolder(tmpdir(), async (folder) => {
      const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
      const work = { fleetId: createFleetId(), folder, environment, uiPort, adopted: {} };
      aws().behaviour.foreignBuckets = [`loadwright-ec2-${work.fleetId}-${aws().region}`];
      const fleet = fleetOf(settingsOf(work));
      await expect(fleet.provision(requestOf(work, new AbortController().signal))).rejects.toThrow(
        /exists in another account: nothing was uploaded/,
      );
      expect(aws().calls.filter(({ name }) => name === 's3:PutObject')).toEqual([]);
      expect((await destroy(work)).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual([]);
    }));

  it('is never spoken to by chance: every call on a bucket names the owner that it expects', () =>
    withFleet(async (work) => {
      await destroy(work);
      const ofBuckets = aws().calls.filter(
        ({ name }) => name.startsWith('s3:') && !['s3:ListBuckets', 's3:CreateBucket'].includes(name),
      );
      expect(new Set(ofBuckets.map(({ name }) => name)).size).toBeGreaterThan(4);
      expect(ofBuckets.filter(({ expectedBucketOwner }) => expectedBucketOwner !== '123456789012')).toEqual(
        [],
      );
    }));
});
