import { open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateNetworkInterfaceCommand,
  DeleteNetworkInterfaceCommand,
  DescribeSubnetsCommand,
} from '@aws-sdk/client-ec2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { createFleetId, type FleetHandle } from '@loadwright/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { instance } from '../../src/aws/kinds/instance.js';
import { securityGroup } from '../../src/aws/kinds/security-group.js';
import { networkInterface } from '../../src/aws/kinds/leftovers.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import { clientsFor } from './clients-for.js';
import { fakeMaster, useAws, type Fault } from '@loadwright/aws-stand-in';
import { quick, requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

/** What AWS refuses for a while, or says in a way of its own. */
const aws = useAws();

afterEach(() => {
  vi.restoreAllMocks();
});

const refusal = (code: string, message = code, status = 400): Fault => ({
  kind: 'error',
  code,
  message,
  status,
});

async function withFleet(use: (work: Work, before: readonly string[]) => Promise<void>): Promise<void> {
  const before = await aws().inventory();
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  await withFolder(tmpdir(), (folder) => {
    const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
    return use({ fleetId: '20261123-093000-0000000001', folder, environment, uiPort, adopted: {} }, before);
  });
}

const provision = (work: Work) =>
  fleetOf(settingsOf(work)).provision(requestOf(work, new AbortController().signal));
const destroy = ({ fleetId, ...work }: Work) =>
  fleetOf(settingsOf({ fleetId, ...work })).lasting!.destroy(fleetId);

it('a removal ends when S3 keeps the bundle in an answer that is no error, and says why', () =>
  withFleet(async (work, before) => {
    await provision(work);
    aws().inject({ at: 's3:DeleteObjects', times: Infinity, fault: { kind: 'denied' } });
    const { remaining } = await destroy(work);
    expect(remaining).toEqual([
      expect.stringMatching(/^bucket \S+: S3 does not remove bundle\.tar\.gz .*AccessDenied: User/),
    ]);
    aws().withoutFaults();
    expect((await destroy(work)).remaining).toEqual([]);
    expect(await aws().inventory()).toEqual(before);
  }));

it('a machine that EC2 has launched before and shows no more has ended: its run is not to be gone on with', () =>
  withFleet(async (work, before) => {
    aws().inject({
      at: 'ec2:RunInstances',
      times: Infinity,
      fault: refusal('IdempotentParameterMismatch', 'Arguments on this idempotent request are inconsistent'),
    });
    await expect(provision({ ...work, pace: { ...quick, propagation: 100 } })).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringMatching(/launched before, and EC2 shows none: it has ended/) as string,
      next: [{ action: 'deploy-fleet' }],
    });
    expect(await aws().inventory()).toEqual(before);
  }));

it.each(['s3:CreateBucket', 's3:PutBucketTagging', 's3:PutObject'])(
  'S3 is busy with a new bucket for a while: %s',
  (at) =>
    withFleet(async (work, before) => {
      const busy = aws().inject({ at, times: 2, fault: refusal('OperationAborted', 'a conflict', 409) });
      await provision(work);
      expect(busy.strikes).toBe(2);
      const called = aws().calls.filter(({ name }) => /^s3:(Put|Create)/.test(name));
      expect(called.filter(({ outcome }) => Number(outcome) < 300).map(({ name }) => name)).toEqual([
        's3:CreateBucket',
        's3:PutBucketTagging',
        // All over again: what was written before is written again.
        ...(at === 's3:PutObject' ? ['s3:PutBucketTagging', 's3:PutBucketTagging'] : []),
        's3:PutObject',
      ]);
      const deleting = aws().inject({
        at: 's3:DeleteBucket',
        fault: refusal('OperationAborted', 'busy', 409),
      });
      expect((await destroy(work)).remaining).toEqual([]);
      expect(deleting.strikes).toBe(1);
      expect(await aws().inventory()).toEqual(before);
    }),
);

it('a network interface in use is waited for, as EC2 says it; what is wrong is not', async () => {
  const clients = clientsFor(aws(), aws().environment, quick);
  const { ec2 } = aws().direct;
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const made = () => ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: Subnets[0]!.SubnetId }));
  const id = (await made()).NetworkInterface!.NetworkInterfaceId!;
  const inUse = aws().inject({
    at: 'ec2:DeleteNetworkInterface',
    fault: refusal('InvalidParameterValue', `Network interface '${id}' is currently in use.`),
  });
  await networkInterface.destroy(clients, id);
  expect(inUse.strikes).toBe(1);
  expect(await networkInterface.exists!(clients, id)).toBe(false);
  const other = (await made()).NetworkInterface!.NetworkInterfaceId!;
  const wrong = aws().inject({
    at: 'ec2:DeleteNetworkInterface',
    times: Infinity,
    fault: refusal('InvalidParameterValue', `Invalid id: '${other}'`),
  });
  await expect(networkInterface.destroy(clients, other)).rejects.toThrow('Invalid id');
  expect(wrong.strikes).toBe(1);
  await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: other }));
});

it('a rule that an earlier attempt has made does not keep the others from being made', () =>
  withFleet(async (work) => {
    const clients = clientsFor(aws(), aws().environment, quick);
    const fleet = (...allowedAddresses: string[]) => fleetOf({ ...settingsOf(work), allowedAddresses });
    const request = requestOf(work, new AbortController().signal);
    await fleet('203.0.113.7/32').provision(request);
    await fleet('203.0.113.7/32', '198.51.100.0/24', '2001:db8::/64').provision(request);
    const [group] = await securityGroup.find(clients, { fleetId: work.fleetId });
    const made = aws()
      .calls.filter(({ name, outcome }) => name === 'ec2:AuthorizeSecurityGroupIngress' && outcome === 200)
      .map(({ parameters }) => [
        parameters['GroupId'],
        parameters['IpPermissions.1.IpRanges.1.CidrIp'] ??
          parameters['IpPermissions.1.Ipv6Ranges.1.CidrIpv6'],
      ]);
    expect(made.sort()).toEqual(
      ['198.51.100.0/24', '2001:db8::/64', '203.0.113.7/32'].map((range) => [group!.id, range]),
    );
    await destroy(work);
  }));

it('a failed look is an error, not an empty list', () =>
  withFleet(async (work) => {
    aws().inject({ at: 'iam:ListRoles', times: Infinity, fault: { kind: 'denied' } });
    await expect(fleetOf(settingsOf(work)).lasting!.list()).rejects.toMatchObject({
      message: expect.stringContaining('iam:ListRoles') as string,
    });
  }));

it('what others keep below /loadwright/ is no fleet, and nobody removes it', () =>
  withFleet(async (work) => {
    const { ssm } = aws().direct;
    await ssm.send(new PutParameterCommand({ Name: '/loadwright/prod/token', Value: 'x', Type: 'String' }));
    await provision(work);
    const fleet = fleetOf(settingsOf(work));
    expect((await fleet.lasting!.list()).map(({ fleetId }) => fleetId)).toEqual([work.fleetId]);
    await destroy(work);
  }));

it('IAM shows late that a profile has lost its role, and a role its policies', () =>
  withFleet(async (work, before) => {
    await provision(work);
    const first = (what: string) =>
      refusal('DeleteConflict', `Cannot delete entity, must ${what} first.`, 409);
    const faults = [
      aws().inject({ at: 'iam:DeleteInstanceProfile', fault: first('remove roles from instance profile') }),
      aws().inject({ at: 'iam:DeleteRole', fault: first('delete policies') }),
    ];
    expect((await destroy(work)).remaining).toEqual([]);
    expect(faults.map(({ strikes }) => strikes)).toEqual([1, 1]);
    expect(await aws().inventory()).toEqual(before);
    const attached = aws().inject({ at: 'iam:DeleteRole', fault: first('detach all policies') });
    await provision(work);
    expect((await destroy(work)).remaining).toEqual([]);
    expect(attached.strikes).toBe(1);
  }));

it('a machine has ended when EC2 has shown that, not when it does not know it for a while', () =>
  withFleet(async (work, before) => {
    await provision(work);
    const unknown = refusal('InvalidInstanceID.NotFound');
    const termination = aws().inject({ at: 'ec2:TerminateInstances', fault: unknown });
    const clients = clientsFor(aws(), aws().environment, quick);
    const [machine] = await instance.find(clients, { fleetId: work.fleetId });
    await instance.destroy(clients, machine!.id);
    expect(termination.strikes).toBe(1);
    expect(await instance.find(clients, { fleetId: work.fleetId })).toEqual([]);
    expect((await destroy(work)).remaining).toEqual([]);
    expect(await aws().inventory()).toEqual(before);
  }));

it('a new security group is not known for a while, under whichever name EC2 says it', () =>
  withFleet(async (work) => {
    const unknown = refusal('InvalidSecurityGroupID.NotFound');
    const faults = [
      aws().inject({ at: 'ec2:AuthorizeSecurityGroupIngress', fault: unknown }),
      aws().inject({ at: 'ec2:RunInstances', fault: unknown }),
    ];
    await provision(work);
    expect(faults.map(({ strikes }) => strikes)).toEqual([1, 1]);
    await destroy(work);
  }));

describe('a machine of which EC2 tells nothing', () => {
  it('is as EC2 told it last: its master measures on', () =>
    withFleet(async (work) => {
      const handle = await provision(work);
      const told = await handle.status();
      expect(told[0]?.state).toBe('running');
      const over = aws().inject({ at: 'ec2:DescribeInstances', fault: refusal('ExpiredToken') });
      vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
      expect(await handle.status()).toEqual(told);
      expect(over.strikes).toBe(1);
      vi.restoreAllMocks();
      await destroy(work);
    }));

  it('has no state, and says what to do', () =>
    withFleet(async (work) => {
      await provision(work);
      const handle = await fleetOf(settingsOf(work)).open(work.fleetId);
      aws().inject({ at: 'ec2:DescribeInstances', fault: refusal('ExpiredToken') });
      await expect(handle.status()).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
      expect((await handle.status())[0]?.state).toBe('running');
      await destroy(work);
    }));
});

describe('a folder of journals that cannot be used', () => {
  it('is told before anything is made, and named', () =>
    withFleet(async (work, before) => {
      const stateDirectory = join(work.folder, 'file');
      await writeFile(stateDirectory, '');
      await expect(provision({ ...work, folder: stateDirectory })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(
          /^fleet\.stateDirectory: .*file.runs, cannot be used: ENOTDIR/,
        ) as string,
        hint: expect.stringContaining('LOADWRIGHT_STATE_DIR') as string,
      });
      expect(await aws().inventory()).toEqual(before);
    }));

  it('keeps nothing from being removed', () =>
    withFleet(async (work, before) => {
      await provision(work);
      const stateDirectory = join(work.folder, 'file');
      await writeFile(stateDirectory, '');
      expect((await destroy({ ...work, folder: stateDirectory })).remaining).toEqual([]);
      expect(await aws().inventory()).toEqual(before);
    }));
});

it('no space for the journal, from whichever write on: nothing is left, and the folder is named', () =>
  withFleet(async (work, before) => {
    const handle = await open('/dev/null');
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    const append = prototype.appendFile;
    await handle.close();
    for (let failing = 0, isDone = false; !isDone; failing += 3) {
      let count = 0;
      vi.spyOn(prototype, 'appendFile').mockImplementation(function (this: typeof handle, text) {
        if (count++ < failing) return append.call(this, text);
        return Promise.reject(
          Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
        );
      });
      const outcome: unknown = await provision({ ...work, fleetId: createFleetId() }).catch(
        (error: unknown) => error,
      );
      isDone = !(outcome instanceof Error);
      if (isDone) {
        expect(failing).toBeGreaterThan(10);
        await (outcome as FleetHandle).destroy();
      } else {
        expect(outcome, `write ${failing}`).toMatchObject({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/folder of the journals, \S+, cannot be used: ENOSPC/) as string,
        });
      }
      expect(await aws().inventory(), `write ${failing}`).toEqual(before);
    }
  }));
