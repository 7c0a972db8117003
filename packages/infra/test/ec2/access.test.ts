import { setTimeout as delay } from 'node:timers/promises';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { DescribeParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { createFleetId } from '@loadwright/core';
import { masterOf } from '@loadwright/core/fleet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { policyFor } from '../../src/ec2/permissions/policy.js';
import { certificateParameter, parameterPrefix } from '../../src/aws/fleet-identity.js';
import { fleetOf } from '../../src/ec2/fleet.js';
import type { Ec2FleetOptions } from '../../src/ec2/options.js';
import { planFleet } from '../../src/ec2/plan.js';
import { usualPort } from '../../src/aws/fleet-settings.js';
import { ec2Policies } from '../../src/ec2/permissions/policy.js';
import { resolveOptions } from '../../src/ec2/settings.js';
import { settleAccess } from '../../src/aws/reach/settle-access.js';
import { useAws, type Machine } from '@loadwright/aws-stand-in';
import { selfSigned, serveWith } from '../self-signed.js';
import { lookAt, request } from './look.js';
import { requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

const aws = useAws();
/** Of each test its own: EC2 answers a launch that it knows with the machine that it made. */
let fleetId = createFleetId();
const never = new AbortController().signal;

/** A PATH with programs of a session that end so. */
function programs(exitCode: number): { PATH: string } {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['aws', 'session-manager-plugin']) {
    writeFileSync(join(folder, name), `#!/bin/sh\nexit ${exitCode}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { PATH: folder };
}

describe('the way to the web UI, when nobody says which', () => {
  const chosen = (options: Ec2FleetOptions, variables: Record<string, string>) => {
    const environment = { AWS_REGION: 'eu-west-1', ...variables };
    const { access, uiPort: port, accessReason } = resolveOptions({ ...options, environment });
    return { access, port, accessReason };
  };

  it('is a port forward where its programs are, and encrypted elsewhere', () => {
    expect(chosen({}, programs(0))).toMatchObject({ access: 'session-manager', port: 80 });
    expect(chosen({}, { PATH: '/dev/null' })).toEqual({
      access: 'https',
      port: 443,
      accessReason:
        'for a port forward of Session Manager aws and session-manager-plugin would have to be on this machine',
    });
    const allowedAddresses = ['203.0.113.7/32'];
    expect(chosen({ allowedAddresses }, programs(0))).toMatchObject({ access: 'https', port: 443 });
  });

  it('is readable on the way only where that is written out', () => {
    expect(chosen({ access: 'http' }, programs(0))).toEqual({
      access: 'http',
      port: 80,
      accessReason: undefined,
    });
    for (const options of [{}, { uiPort: 80 }, { securityGroup: 'sg-01234567' }] as const) {
      expect(chosen(options, { PATH: '/dev/null' }).access).toBe('https');
    }
  });

  const settled = async (path: { PATH: string }, caller = aws().environment) => {
    const { aws: clients, settings } = lookAt(aws(), { access: undefined }, { ...caller, ...path });
    return settleAccess(clients, settings, ec2Policies, usualPort);
  };

  it('is no port forward whose programs do not work, or which IAM forbids; the plan says why', async () => {
    expect(await settled(programs(0))).toMatchObject({ access: 'session-manager' });
    expect(await settled(programs(1))).toMatchObject({
      access: 'https',
      uiPort: 443,
      accessReason: expect.stringContaining(
        'not found on this machine: aws, session-manager-plugin',
      ) as string,
    });
    const place = { fleetKind: 'ec2', accountId: '123456789012', region: aws().region };
    const caller = await aws().asUserWith(policyFor(place, { access: 'https', spot: false }));
    const { aws: clients, settings } = lookAt(aws(), { access: undefined }, { ...caller, ...programs(0) });
    const denied = await settleAccess(clients, settings, ec2Policies, usualPort);
    expect(denied).toMatchObject({ access: 'https', uiPort: 443 });
    expect((await planFleet(clients, denied, request)).notes?.join('\n')).toMatch(
      /The web UI is encrypted, with a certificate [^]*access is https because a port forward of Session Manager would not work: arn:\S+ lacks ssm:StartSession\./,
    );
  });
});

const nameOfCertificate = () => `${parameterPrefix({ fleetKind: 'ec2', fleetId })}${certificateParameter}`;

/** What a machine does that hands over a certificate. */
const handOver = (Value: string) =>
  aws().direct.ssm.send(
    new PutParameterCommand({ Name: nameOfCertificate(), Value, Type: 'SecureString', Overwrite: true }),
  );

const withWork = (use: (work: Work, fleet: ReturnType<typeof fleetOf>) => Promise<void>) =>
  withFolder(tmpdir(), async (folder) => {
    fleetId = createFleetId();
    const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
    const work = { fleetId, folder, environment, uiPort, adopted: {} };
    await use(work, fleetOf({ ...settingsOf(work), access: 'https' }));
  });

describe('an encrypted web UI', () => {
  const own = selfSigned();

  it('is taken by its own certificate; whoever shows another one is told, and sent nothing', () =>
    withWork(async (work, fleet) => {
      let received: readonly string[] = [];
      aws().behaviour.onMachine = async ({ privateAddress }: Machine) => {
        await handOver(own.certificate);
        ({ received } = await serveWith(selfSigned(), privateAddress, uiPort));
      };
      await expect(fleet.provision(requestOf(work, never))).rejects.toMatchObject({
        code: 'PROVISIONING_FAILED',
        message: expect.stringContaining('shows another certificate than the machine has made') as string,
      });
      expect(received).toEqual([]);
      expect(await aws().inventory()).toEqual([]);
    }));

  it('is found again with its certificate, also by who reads in a tag that it has none', () =>
    withWork(async (work, fleet) => {
      aws().behaviour.onMachine = async ({ privateAddress }: Machine) => {
        await handOver(own.certificate);
        await serveWith(own, privateAddress, uiPort);
      };
      const handle = await fleet.provision(requestOf(work, never));
      expect(handle.masterUrl).toMatch(/^https:/);
      expect(handle.certificate).toBe(own.certificate);
      const { ec2 } = aws().direct;
      const instance = (await aws().inventory()).find((name) => name.startsWith('ec2:instance/'));
      const Tags = [{ Key: 'loadwright:ui', Value: `http:${uiPort}` }];
      await ec2.send(new CreateTagsCommand({ Resources: [instance!.split('/')[1]!], Tags }));
      const { masterUrl, certificate } = await fleet.open(fleetId);
      expect({ masterUrl, certificate }).toEqual({
        masterUrl: handle.masterUrl,
        certificate: own.certificate,
      });
      await handle.destroy();
    }));

  it('is asked nothing before its machine has made the certificate', () =>
    withWork(async (work, fleet) => {
      const stop = new AbortController();
      let provisioning: Promise<unknown> | undefined;
      const { privateAddress } = await new Promise<Machine>((resolve) => {
        aws().behaviour.onMachine = resolve;
        provisioning = fleet.provision(requestOf(work, stop.signal)).catch(() => {});
      });
      const { received } = await serveWith(own, privateAddress, uiPort);
      const handle = await fleet.open(fleetId);
      expect(handle.certificate).toBe('');
      await expect(masterOf(handle).statistics({ retries: 0 })).rejects.toMatchObject({
        code: 'MASTER_LOST',
      });
      expect(received).toEqual([]);
      stop.abort();
      await provisioning;
      await handle.destroy();
    }));

  it('leaves nothing, even when its machine hands the certificate over while it is removed', () =>
    withWork(async (work, fleet) => {
      aws().behaviour.onMachine = async ({ privateAddress }: Machine) => {
        await handOver(own.certificate);
        await serveWith(own, privateAddress, uiPort);
      };
      const handle = await fleet.provision(requestOf(work, never));
      let isLate = false;
      aws().behaviour.onMachineGone = async () => {
        // The parameters are removed at the same time as the machine.
        const isGone = async () =>
          (await aws().direct.ssm.send(new DescribeParametersCommand({}))).Parameters?.length === 0;
        while (!(await isGone())) await delay(10);
        await handOver(own.certificate);
        isLate = true;
      };
      expect((await handle.destroy()).remaining).toEqual([]);
      expect(isLate).toBe(true);
      expect(await aws().inventory()).toEqual([]);
    }));
});
