import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { expect, it } from 'vitest';
import { clientsFor } from '../clients-for.js';
import { useAws } from '../index.js';

const aws = useAws();

it('finds the events of the streams of a prefix', async () => {
  const { logs } = clientsFor(aws());
  const logGroupName = '/loadwright/x';
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of ['run/master/1', 'run/worker/2']) {
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    const logEvents = [{ timestamp: Date.now(), message: logStreamName }];
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  }
  const messages = async (logStreamNamePrefix?: string) => {
    const answer = await logs.send(new FilterLogEventsCommand({ logGroupName, logStreamNamePrefix }));
    return answer.events?.map(({ message }) => message);
  };
  expect(await messages('run/worker')).toEqual(['run/worker/2']);
  expect(await messages()).toHaveLength(2);
  expect(await messages('other')).toEqual([]);
  await expect(
    logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 6 })),
  ).rejects.toThrow();
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
});
