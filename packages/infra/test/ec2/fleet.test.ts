import { tmpdir } from 'node:os';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { heldUp } from '../held-up.js';
import { fakeMaster, sequentialRoundTrips, useAws, type Machine } from '@loadwright/aws-stand-in';
import { quick, requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

const aws = useAws();
const canary = 'canary-secret-of-the-test';
const never = new AbortController().signal;

/** Lets every machine become a master that asks for the login of its run. */
function withMasters(delay = 0) {
  const password = async ({ tags }: Machine) => {
    const name = `/loadwright/ec2/${tags['loadwright:fleet-id']}/master/LOADWRIGHT_UI_PASSWORD`;
    const { Parameter } = await aws().direct.ssm.send(
      new GetParameterCommand({ Name: name, WithDecryption: true }),
    );
    return Parameter?.Value ?? '';
  };
  const master = fakeMaster({ port: uiPort, password, workers: 2, delay });
  Object.assign(aws().behaviour, master);
  return { machines: master.machines, master };
}

function work(folder: string, number: number, adopted: Work['adopted'] = {}): Work {
  const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
  return { fleetId: `20261123-093000-000000000${number}`, folder, environment, uiPort, adopted };
}

const inFolder = <Result>(use: (folder: string) => Promise<Result>) => withFolder(tmpdir(), use);

describe('ec2Fleet', () => {
  it('makes a machine whose master answers, is found again from elsewhere, and leaves nothing', () =>
    inFolder(async (folder) => {
      withMasters();
      const before = await aws().inventory();
      const one = work(folder, 1);
      const handle = await fleetOf(settingsOf(one)).provision(requestOf(one, never));
      expect(handle.expectedWorkers).toBe(2);
      expect((await handle.status()).map(({ state }) => state)).toEqual(['running', 'running', 'running']);

      const elsewhere = fleetOf(settingsOf({ ...one, folder: join(folder, 'elsewhere') }));
      const attached = await elsewhere.open(one.fleetId);
      expect(attached.login).toEqual(handle.login);
      expect(attached.secrets).toEqual([canary]);
      expect(handle.secrets).toEqual([canary]);
      expect(attached.bundleDigest).toMatch(/^[0-9a-f]{64}$/);
      expect(attached.bundleDigest).toBe(handle.bundleDigest);
      expect(attached.masterUrl).toBe(handle.masterUrl);
      const [deployed] = await elsewhere.lasting!.list();
      expect(deployed).toMatchObject({ fleetId: one.fleetId, state: 'running' });
      const { aws: account, ...others } = settingsOf(one);
      const away = fleetOf({ ...others, aws: { ...account, region: 'us-east-1' } });
      expect(await away.lasting!.list()).toEqual([]);

      const { removed, remaining } = await attached.destroy();
      expect(remaining).toEqual([]);
      expect(removed.length).toBeGreaterThanOrEqual(6);
      expect(await aws().inventory()).toEqual(before);
      expect(await handle.destroy()).toEqual({ removed: [], remaining: [] });
      expect(await elsewhere.lasting!.list()).toEqual([]);
    }));

  it('opens one port to one address, wants IMDSv2, encrypts, and shows no secret anywhere', () =>
    inFolder(async (folder) => {
      const { machines } = withMasters();
      const one = work(folder, 1);
      const lines: string[] = [];
      const handle = await fleetOf(settingsOf(one)).provision({
        ...requestOf(one, never),
        onProgress: (line) => lines.push(line),
      });
      const call = (name: string) => aws().calls.filter((each) => each.name === name && each.outcome === 200);

      const ingress = call('ec2:AuthorizeSecurityGroupIngress');
      expect(ingress).toHaveLength(1);
      expect(ingress[0]?.parameters).toMatchObject({
        'IpPermissions.1.FromPort': String(uiPort),
        'IpPermissions.1.ToPort': String(uiPort),
        'IpPermissions.1.IpRanges.1.CidrIp': '203.0.113.7/32',
      });
      expect(
        Object.keys(ingress[0]?.parameters ?? {}).filter((key) =>
          /IpPermissions\.2|IpRanges\.2|Ipv6Ranges/.test(key),
        ),
      ).toEqual([]);
      expect(call('ec2:RunInstances')[0]?.parameters).toMatchObject({
        'MetadataOptions.HttpTokens': 'required',
        'MetadataOptions.HttpPutResponseHopLimit': '1',
        'BlockDeviceMapping.1.Ebs.Encrypted': 'true',
        'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
        InstanceInitiatedShutdownBehavior: 'terminate',
      });

      const [machine] = machines;
      const userData = gunzipSync(machine!.userData).toString();
      const journals = join(folder, 'runs');
      const journal = await Promise.all(
        (await readdir(journals)).map((file) => readFile(join(journals, file), 'utf8')),
      );
      const everything = [
        userData,
        JSON.stringify(machine!.tags),
        ...journal,
        ...lines,
        JSON.stringify(aws().calls.map(({ name, parameters }) => [name, parameters])),
      ].join('\n');
      expect(everything).toContain(one.fleetId);
      for (const secret of [canary, handle.login.password, one.environment['AWS_SECRET_ACCESS_KEY'] ?? '?']) {
        expect(everything).not.toContain(secret);
      }
      await handle.destroy();
    }));

  it('makes at most 12 round trips, one after the other, before the machine is asked for, and sees the master within 2 s', () =>
    inFolder(async (folder) => {
      const { master, machines } = withMasters(700);
      aws().behaviour.latency = 100;
      aws().behaviour.profileRefusals = 0;
      const one = work(folder, 1);
      const settings = settingsOf(one);
      const patience = { ...quick, firstPause: 250, longestPause: 2000 };
      const held = heldUp();
      const handle = await fleetOf({ ...settings, aws: { ...settings.aws, pace: patience } }).provision(
        requestOf(one, never),
      );
      const seen = performance.now();
      const launch = aws().calls.findIndex(({ name }) => name === 'ec2:RunInstances');
      expect(sequentialRoundTrips(aws().calls.slice(0, launch))).toBeLessThanOrEqual(12);
      expect(seen - (master.openedAt.get(machines[0]!.id) ?? 0)).toBeLessThan(2000 + held());
      aws().behaviour.latency = 0;
      await handle.destroy();
    }));

  it('makes two fleets at once, and removes the one without the other', () =>
    inFolder(async (folder) => {
      withMasters();
      const before = await aws().inventory();
      const [one, two] = [work(folder, 1), work(folder, 2)];
      const [first, second] = await Promise.all(
        [one, two].map((each) => fleetOf(settingsOf(each)).provision(requestOf(each, never))),
      );
      await first!.destroy();
      expect((await second!.status())[0]?.state).toBe('running');
      await second!.destroy();
      expect(await aws().inventory()).toEqual(before);
    }));

  it('goes on with what an interrupted deployment has made: no second machine', () =>
    inFolder(async (folder) => {
      const { machines } = withMasters();
      const one = work(folder, 1);
      const fleet = fleetOf(settingsOf(one));
      const first = await fleet.provision(requestOf(one, never));
      const again = await fleet.provision(requestOf(one, never));
      expect(again.masterUrl).toBe(first.masterUrl);
      expect(again.login).toEqual(first.login);
      expect(machines).toHaveLength(1);
      await again.destroy();
    }));

  it.each([
    ['VcpuLimitExceeded', 'ec2:RunInstances', /quota|vCPU/i],
    ['InsufficientInstanceCapacity', 'ec2:RunInstances', /No zone has/],
    ['UnauthorizedOperation', 'ec2:CreateSecurityGroup', /CreateSecurityGroup|permission/i],
    ['LimitExceeded', 'iam:CreateRole', /limit|quota/i],
  ])('says what failed and cleans up by itself: %s', (code, at, message) =>
    inFolder(async (folder) => {
      withMasters();
      const before = await aws().inventory();
      aws().inject({ at, times: 100, fault: { kind: 'error', code, status: 400 } });
      const one = work(folder, 1);
      await expect(fleetOf(settingsOf(one)).provision(requestOf(one, never))).rejects.toMatchObject({
        code: 'PROVISIONING_FAILED',
        message: expect.stringMatching(message) as string,
      });
      expect(await aws().inventory()).toEqual(before);
      expect(await readdir(join(folder, 'runs'))).toEqual([]);
    }),
  );

  it('begins nothing for which the quota is known not to suffice', () =>
    inFolder(async (folder) => {
      withMasters();
      aws().behaviour.quotas = { onDemand: 1, spot: 1 };
      const before = await aws().inventory();
      const one = work(folder, 1);
      await expect(fleetOf(settingsOf(one)).provision(requestOf(one, never))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(
          /^fleet\.instanceType: .*quota does not suffice: .*1 vCPUs, 0 in use/,
        ) as string,
        hint: expect.stringContaining('request-service-quota-increase') as string,
      });
      const made = aws().calls.filter(({ name }) => /:(Create|Put|Run|Authorize)/.test(name));
      expect(made).toEqual([]);
      expect(await aws().inventory()).toEqual(before);
      expect(await readdir(join(folder, 'runs'))).toEqual([]);
    }));

  it('goes on with a machine that stands, which has its part of the quota', () =>
    inFolder(async (folder) => {
      const { machines } = withMasters();
      aws().behaviour.quotas = { onDemand: 16, spot: 16 };
      const one = work(folder, 1);
      const fleet = fleetOf(settingsOf(one));
      await fleet.provision(requestOf(one, never));
      expect((await fleet.plan(requestOf(one, never))).warnings).toEqual([]);
      const again = await fleet.provision(requestOf(one, never));
      expect(machines).toHaveLength(1);
      await again.destroy();
    }));

  it('says what is left when it cannot clean up', () =>
    inFolder(async (folder) => {
      withMasters();
      aws().inject({
        at: 'ec2:RunInstances',
        times: 100,
        fault: { kind: 'error', code: 'VcpuLimitExceeded', status: 400 },
      });
      aws().inject({ at: 'iam:DeleteRole', times: 100, fault: { kind: 'denied' } });
      const one = work(folder, 1);
      await expect(fleetOf(settingsOf(one)).provision(requestOf(one, never))).rejects.toMatchObject({
        code: 'RESOURCES_REMAIN',
        message: expect.stringContaining(`role loadwright-ec2-${one.fleetId}`) as string,
        next: [{ action: 'destroy-fleet', fleetId: one.fleetId }],
      });
    }));

  it('stops at once when it is told to, and leaves nothing', () =>
    inFolder(async (folder) => {
      withMasters(60_000);
      const before = await aws().inventory();
      const one = work(folder, 1);
      const controller = new AbortController();
      const making = fleetOf(settingsOf(one)).provision({
        ...requestOf(one, controller.signal),
        onProgress: (line) => line.startsWith('Waiting for the master') && controller.abort(),
      });
      await expect(making).rejects.toMatchObject({ code: 'ABORTED' });
      expect(await aws().inventory()).toEqual(before);
    }));
});
