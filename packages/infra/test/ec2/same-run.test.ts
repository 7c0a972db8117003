import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { createFleetId } from '@loadwright/core';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, useAws, type Machine } from '@loadwright/aws-stand-in';
import { buildChild } from './build-child.js';
import { quick, requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

/** Nothing new is seen at once. */
const aws = useAws({ hiddenLooks: 2 });
const never = new AbortController().signal;
let folder: string;
let child: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-same-run-'));
  child = await buildChild(folder);
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Work on one fleet, the machines that are launched meanwhile, and what the caller has. */
async function withFleet(
  use: (work: Work, machines: readonly Machine[], before: readonly string[]) => Promise<void>,
): Promise<void> {
  const master = fakeMaster({ port: uiPort, password: '', workers: 2 });
  const { machines } = master;
  Object.assign(aws().behaviour, master);
  const before = await aws().inventory();
  const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
  // Each waits for what the other one makes, which may be held up.
  const pace = { ...quick, unknownOutcome: 60_000, propagation: 60_000 };
  await withFolder(folder, (own) =>
    use({ fleetId: createFleetId(), folder: own, environment, uiPort, adopted: {}, pace }, machines, before),
  );
}

const start = (phase: 'deploy' | 'destroy', work: Work) =>
  execa('node', [child, phase], { input: JSON.stringify(work), timeout: 180_000 });

const provision = (work: Work) => fleetOf(settingsOf(work)).provision(requestOf(work, never));

async function passwordOf({ fleetId }: Work): Promise<string | undefined> {
  const Name = `/loadwright/ec2/${fleetId}/master/LOADWRIGHT_UI_PASSWORD`;
  const { Parameter } = await aws().direct.ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  return Parameter?.Value;
}

describe('the same fleet twice', () => {
  it.each([
    'ec2:CreateSecurityGroup',
    'iam:CreateRole',
    'iam:CreateInstanceProfile',
    's3:CreateBucket',
    'ssm:PutParameter',
    'ec2:RunInstances',
  ])('after a crash at %s: nothing is made twice', (at) =>
    withFleet(async (work, machines, before) => {
      const first = start('deploy', work);
      // The instance profile is not known to the first launches.
      const occurrence = at === 'ec2:RunInstances' ? 1 + aws().behaviour.profileRefusals : 1;
      const crash = aws().inject({
        at,
        occurrence,
        fault: { kind: 'kill', when: 'after', callback: () => first.kill('SIGKILL') },
      });
      await expect(first).rejects.toMatchObject({ signal: 'SIGKILL' });
      await aws().idle();
      expect(crash.strikes).toBe(1);

      const handle = await provision(work);
      expect(handle.login.password).toBe(await passwordOf(work));
      expect(machines).toHaveLength(1);
      const names = (await aws().inventory()).filter((each) => !before.includes(each));
      for (const kind of [
        'ec2:instance',
        'ec2:security-group',
        'iam:instance-profile',
        'scheduler:schedule',
      ]) {
        expect(names.filter((name) => name.startsWith(`${kind}/`))).toHaveLength(1);
      }
      // The machine's, and that of the schedule which ends it.
      expect(names.filter((name) => name.startsWith('iam:role/'))).toHaveLength(2);
      expect((await handle.destroy()).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual(before);
    }),
  );

  it.each([
    ['from one machine', false],
    ['from two machines', true],
  ])('at the same time, %s: one machine, and the login that it has', (_where, apart) =>
    withFleet(async (work, machines, before) => {
      await withFolder(folder, (other) =>
        Promise.all([
          start('deploy', work),
          start('deploy', { ...work, folder: apart ? other : work.folder }),
        ]),
      );
      expect(machines).toHaveLength(1);
      const attached = await fleetOf(settingsOf(work)).open(work.fleetId);
      expect(attached.login.password).toBe(await passwordOf(work));
      expect((await attached.status())[0]?.state).toBe('running');
      // By it whoever finds the master silent knows whether to wait.
      const { limitSeconds, hint, at } = attached.readiness!;
      expect({ limitSeconds, hint }).toEqual({ limitSeconds: 20, hint: expect.stringContaining('uiPort') });
      expect(at).toBeInstanceOf(Date);
      expect((await attached.destroy()).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual(before);
    }),
  );

  it('after its machine has ended: another one', () =>
    withFleet(async (work, machines, before) => {
      await provision(work);
      aws().behaviour.stoppingLooks = 0;
      const { ec2 } = aws().direct;
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: machines.map(({ id }) => id) }));
      const again = await provision(work);
      expect(machines).toHaveLength(2);
      expect((await again.status())[0]?.state).toBe('running');
      await again.destroy();
      expect(await aws().inventory()).toEqual(before);
    }));
});

describe('a secret that changed between two deployments of the same fleet', () => {
  const withToken = (work: Work, token: string) => ({
    ...requestOf(work, never),
    environment: { DATABRICKS_TOKEN: token },
  });

  it('is written anew while no machine has read it', () =>
    withFleet(async (work) => {
      aws().inject({ at: 'ec2:RunInstances', times: Infinity, fault: { kind: 'denied' } });
      aws().inject({ at: 'iam:DeleteRole', times: Infinity, fault: { kind: 'denied' } });
      aws().inject({ at: 'ssm:DeleteParameters', times: Infinity, fault: { kind: 'denied' } });
      const fleet = fleetOf(settingsOf(work));
      await expect(fleet.provision(withToken(work, 'first-token'))).rejects.toThrow();
      aws().withoutFaults();
      const handle = await fleet.provision(withToken(work, 'second-token'));
      expect(handle.secrets).toEqual(['second-token']);
      expect(await aws().secrets()).toContain('second-token');
      expect(await aws().secrets()).not.toContain('first-token');
      await fleet.lasting!.destroy(work.fleetId);
    }));

  it('is refused when a machine runs with the old one, which stays as it is', () =>
    withFleet(async (work) => {
      const fleet = fleetOf(settingsOf(work));
      await fleet.provision(withToken(work, 'first-token'));
      await expect(fleet.provision(withToken(work, 'second-token'))).rejects.toThrow(
        /has read its secrets; since then DATABRICKS_TOKEN changed/,
      );
      expect(await aws().secrets()).toContain('first-token');
      expect(await fleet.lasting!.list()).toHaveLength(1);
      await fleet.lasting!.destroy(work.fleetId);
    }));
});
