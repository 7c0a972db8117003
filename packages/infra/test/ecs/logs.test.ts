import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { useAws } from '@loadwright/aws-stand-in';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LogLine } from '@loadwright/core';
import { FleetLogs } from '../../src/ecs/logs/fleet-logs.js';
import { ecsClients } from './clients.js';

const aws = useAws();
const fleetId = '20261101-120000-4f32386de5';
const group = { logGroupName: `/loadwright/ecs/${fleetId}` };
const never = new AbortController().signal;
const stays = async () => false;

beforeEach(async () => {
  await aws().direct.logs.send(new CreateLogGroupCommand(group));
});

/** @param at of the first, in milliseconds since 1970; the others follow by one each */
async function write(stream: string, messages: readonly string[], at = Date.now()): Promise<void> {
  const { logs } = aws().direct;
  const names = { ...group, logStreamName: stream };
  await logs.send(new CreateLogStreamCommand(names)).catch(() => {});
  const logEvents = messages.map((message, index) => ({ timestamp: at + index, message }));
  await logs.send(new PutLogEventsCommand({ ...names, logEvents }));
}

const reader = (attempts?: number) => new FleetLogs(ecsClients(aws(), attempts), fleetId);

async function take(lines: AsyncIterable<LogLine>, count = Infinity): Promise<string[]> {
  const taken: string[] = [];
  for await (const { node, line } of lines) {
    taken.push(`${node} ${line}`);
    if (taken.length >= count) break;
  }
  return taken;
}

describe('the logs of a fleet in CloudWatch', { timeout: 90_000 }, () => {
  it('are those of one side, from all pages, of tasks that have ended too', async () => {
    aws().behaviour.logPageSize = 2;
    const begin = Date.now() - 10_000;
    await write('master/master/aaaaaaaa11', ['one', 'two', 'three'], begin);
    await write('worker/worker/bbbbbbbb22', ['four'], begin + 100);
    await write('worker/worker/cccccccc33', ['five', 'six'], begin + 200);
    const workers = ['worker-bbbbbbbb four', 'worker-cccccccc five', 'worker-cccccccc six'];
    expect(await take(reader().lines({ role: 'worker' }))).toEqual(workers);
    expect(await take(reader().lines({}))).toEqual([
      ...['master one', 'master two', 'master three'],
      ...workers,
    ]);
  });

  it('are given once each as they come, late ones too, at the rate that AWS allows', async () => {
    Object.assign(aws().behaviour, { logPageSize: 7, logLateness: 700, throttles: true });
    const lines = (from: number) => Array.from({ length: 20 }, (_, index) => `line ${from + index}`);
    await write('worker/worker/bbbbbbbb22', lines(0));
    const taking = take(reader(10).follow({ role: 'worker', signal: never }, stays), 40);
    await expect
      .poll(() => aws().calls.filter(({ name }) => name === 'logs:FilterLogEvents').length)
      .toBeGreaterThan(3);
    // Written at the same time as the first, and taken in later.
    await write('worker/worker/cccccccc33', lines(20), Date.now() - 5000);
    const taken = await taking;
    expect(new Set(taken).size).toBe(40);
    expect(taken.map((line) => Number(line.split(' ').at(-1))).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, index) => index),
    );
  });

  it('end when the fleet is removed, or its master has ended', async () => {
    await write('master/master/aaaaaaaa11', ['one']);
    const removed = reader().follow({ signal: never }, stays);
    expect((await removed.next()).value).toEqual({ node: 'master', line: 'one' });
    await aws().direct.logs.send(new DeleteLogGroupCommand(group));
    expect(await take(removed)).toEqual([]);

    await aws().direct.logs.send(new CreateLogGroupCommand(group));
    await write('master/master/aaaaaaaa11', ['two']);
    let looks = 0;
    const ended = reader().follow({ signal: never }, async () => (looks += 1) === 2);
    expect(await take(ended)).toEqual(['master two']);
  });

  it('are waited for until the signal', async () => {
    const controller = new AbortController();
    const taking = take(reader().follow({ signal: controller.signal }, stays));
    controller.abort(new Error('enough'));
    await expect(taking).rejects.toThrow();
  });

  it.each([
    ['there is none', async () => {}, /The log group \/loadwright\/ecs\/.* is gone/],
    [
      'nobody may read them',
      async () => void aws().inject({ at: 'logs:FilterLogEvents', fault: { kind: 'denied' } }),
      /logs:FilterLogEvents/,
    ],
  ])('say why they cannot be read where %s', async (what, prepare, message) => {
    if (what === 'there is none') await aws().direct.logs.send(new DeleteLogGroupCommand(group));
    await prepare();
    await expect(take(reader().lines({}))).rejects.toMatchObject({
      code: 'PROVISIONING_FAILED',
      message: expect.stringMatching(message),
    });
  });
});
