import { useAws } from '@loadwright/aws-stand-in';
import { expect, it } from 'vitest';
import { baseImage, optionsFor, provisionRequest, quickFleet } from './account.js';

const aws = useAws();

/** What Node would end the process for, in the middle of its cleaning up. */
async function unhandledRejectionsWhile(work: () => Promise<void>): Promise<unknown[]> {
  const rejections: unknown[] = [];
  const hear = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', hear);
  try {
    await work();
  } finally {
    process.off('unhandledRejection', hear);
  }
  return rejections;
}

it('cleans up when a schedule is refused before the address of the master is known', async () => {
  const fleet = quickFleet(
    optionsFor(aws(), { containerImage: await baseImage(aws()), endFromOutside: 'always' }),
  );
  // The image and its repository are for all fleets.
  const inventory = async () => (await aws().inventory()).filter((one) => !one.startsWith('ecr:'));
  const before = await inventory();
  // One look of it at least comes after the schedules.
  aws().inject({ at: 'ec2:DescribeInstances', times: 1000, fault: { kind: 'latency', milliseconds: 500 } });
  const refusal = aws().inject({ at: 'scheduler:CreateSchedule', times: 1000, fault: { kind: 'denied' } });
  const rejections = await unhandledRejectionsWhile(async () => {
    await expect(fleet.provision(await provisionRequest())).rejects.toThrow('scheduler:CreateSchedule');
  });
  expect(refusal.strikes).toBeGreaterThan(0);
  expect(rejections).toEqual([]);
  expect(await inventory()).toEqual(before);
});
