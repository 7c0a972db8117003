import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { clientsFor } from '../clients-for.js';
import { useAws } from '../index.js';

const aws = useAws();
const logGroupName = '/loadwright/x';

beforeEach(async () => {
  await clientsFor(aws()).logs.send(new CreateLogGroupCommand({ logGroupName }));
});

async function write(logStreamName: string, ...messages: string[]): Promise<void> {
  const { logs } = clientsFor(aws());
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch(() => {});
  const logEvents = messages.map((message) => ({ timestamp: Date.now(), message }));
  await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
}

/** Messages of each page. */
async function pages(logStreamNamePrefix?: string): Promise<string[][]> {
  const found: string[][] = [];
  let nextToken: string | undefined;
  do {
    const answer = await clientsFor(aws()).logs.send(
      new FilterLogEventsCommand({ logGroupName, logStreamNamePrefix, nextToken }),
    );
    found.push((answer.events ?? []).map(({ message = '' }) => message));
    ({ nextToken } = answer);
  } while (nextToken);
  return found;
}

it('finds the events of the streams of a prefix', async () => {
  for (const name of ['run/master/1', 'run/worker/2']) await write(name, name);
  expect(await pages('run/worker')).toEqual([['run/worker/2']]);
  expect((await pages()).flat()).toHaveLength(2);
  expect(await pages('other')).toEqual([[]]);
});

it('knows the retentions of a list', async () => {
  const { logs } = clientsFor(aws());
  const retain = (retentionInDays: number) =>
    logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
  await expect(retain(6)).rejects.toThrow();
  await retain(7);
});

it('gives pages, empty ones among them', async () => {
  aws().behaviour.logPageSize = 2;
  await write('run/worker/1', 'a', 'b', 'c', 'd', 'e');
  expect(await pages()).toEqual([['a', 'b'], [], ['c', 'd'], [], ['e']]);
});

it('shows some events later than newer ones', async () => {
  aws().behaviour.logLateness = 3_600_000;
  await write('run/worker/1', 'odd', 'even');
  expect(await pages()).toEqual([['even']]);
  aws().behaviour.logLateness = 0;
  expect(await pages()).toEqual([['odd', 'even']]);
});

it('throttles whoever asks too often', async () => {
  aws().behaviour.throttles = true;
  // No call is allowed anew while they are under way, however long they are.
  vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  onTestFinished(() => void vi.restoreAllMocks());
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => pages()));
  const refused = asked.filter((one) => one.status === 'rejected');
  expect(refused.map(({ reason }) => (reason as Error).name)).toContain('ThrottlingException');
  expect(refused.length).toBeLessThan(4);
});
