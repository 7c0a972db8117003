import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvisionRequest } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, useAws, type Machine } from '@loadwright/aws-stand-in';
import { quick, requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

const aws = useAws({ profileRefusals: 0 });
const never = new AbortController().signal;

async function withFleet(
  use: (work: Work, machines: readonly Machine[], close: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const master = fakeMaster({ port: uiPort, password: '', workers: 2 });
  const { machines } = master;
  Object.assign(aws().behaviour, master);
  const close = () => Promise.all(machines.map(({ id }) => master.onMachineGone(id)));
  await withFolder(tmpdir(), async (folder) => {
    const environment = { ...aws().environment, LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip` };
    const work = { fleetId: '20261123-093000-0000000001', folder, environment, uiPort, adopted: {} };
    await use(work, machines, close);
  });
}

const elsewhere = (work: Work) => join(work.folder, 'elsewhere');

describe('a deployment that goes on with a machine that stands, and fails', () => {
  interface Attempt {
    /** Where the journals are. */
    journals?: (work: Work) => string;
    spoil?: (close: () => Promise<unknown>) => unknown;
    request?: (request: ProvisionRequest) => ProvisionRequest;
    says: RegExp;
  }
  const refuse = (at: string) => () => aws().inject({ at, times: Infinity, fault: { kind: 'denied' } });
  const stays = /stood before, and stays:\n {2}instance i-/;
  const cases: Record<string, Attempt> = {
    'before anything was looked at': {
      spoil: refuse('ec2:DescribeVpcs'),
      says: /What an earlier attempt has made stays\./,
    },
    'on the way': { spoil: refuse('iam:PutRolePolicy'), says: stays },
    'on the way, from another machine': {
      spoil: refuse('iam:PutRolePolicy'),
      journals: elsewhere,
      says: stays,
    },
    'because its master does not answer': { spoil: (close) => close(), says: stays },
    'because it is stopped': {
      spoil: (close) => close(),
      request: (request) => {
        const controller = new AbortController();
        const onProgress = (line: string) => line.startsWith('Waiting for the master') && controller.abort();
        return { ...request, signal: controller.signal, onProgress };
      },
      says: stays,
    },
  };

  it.each(Object.entries(cases))('leaves it, and names it: %s', (_name, { journals, spoil, request, says }) =>
    withFleet(async (work, machines, close) => {
      const settings = settingsOf(work);
      const first = await fleetOf(settings).provision(requestOf(work, never));
      const before = await aws().inventory();
      await spoil?.(close);
      const again = fleetOf({
        ...settings,
        startTimeoutSeconds: 1,
        ...(journals && { journals: journals(work) }),
      });
      const asked = requestOf(work, never);
      await expect(again.provision(request?.(asked) ?? asked)).rejects.toMatchObject({
        code: 'RESOURCES_REMAIN',
        message: expect.stringMatching(says) as string,
        next: [{ action: 'destroy-fleet', fleetId: work.fleetId }],
      });
      expect(await aws().inventory()).toEqual(before);
      expect(machines).toHaveLength(1);
      aws().withoutFaults();
      expect((await first.destroy()).remaining).toEqual([]);
    }),
  );

  it('says so when it succeeds', () =>
    withFleet(async (work) => {
      const first = await fleetOf(settingsOf(work)).provision(requestOf(work, never));
      const again = await fleetOf(settingsOf(work)).provision(requestOf(work, never));
      expect([first.existedBefore, again.existedBefore]).toEqual([false, true]);
      await again.destroy();
    }));
});

it('an attempt that has made nothing removes nothing, and leaves no journal', () =>
  withFleet(async (work) => {
    const fault = { kind: 'error', code: 'ExpiredToken', status: 400 } as const;
    aws().inject({ at: '*', times: Infinity, fault });
    const { journals } = settingsOf(work);
    await expect(fleetOf(settingsOf(work)).provision(requestOf(work, never))).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
    });
    expect(await readdir(journals)).toEqual([]);
    expect(aws().calls.filter(({ name }) => name === 'ssm:DescribeParameters')).toEqual([]);
  }));

it.each([
  ['its id is known', false],
  ['only that it was asked for', true],
])('a machine in another zone that EC2 does not show yet is not launched again: %s', (_name, isUnknown) =>
  withFleet(async (work, machines) => {
    const pace = { ...quick, unknownOutcome: 5000 };
    const full = { kind: 'error', code: 'InsufficientInstanceCapacity', status: 400 } as const;
    aws().inject({ at: 'ec2:RunInstances', fault: full });
    const settings = settingsOf({ ...work, pace });
    await fleetOf(settings).provision(requestOf(work, never));
    if (isUnknown) {
      const file = join(settings.journals, `${work.fleetId}.jsonl`);
      const lines = (await readFile(file, 'utf8')).split('\n');
      await writeFile(file, lines.filter((line) => !/"done","kind":"instance"/.test(line)).join('\n'));
    }
    aws().behaviour.hiddenLooks = 3;
    const again = await fleetOf(settings).provision(requestOf(work, never));
    expect(machines).toHaveLength(1);
    expect((await again.destroy()).remaining).toEqual([]);
  }),
);
