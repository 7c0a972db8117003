import { tmpdir } from 'node:os';
import { createFleetId, type FleetRequest } from '@loadwright/core';
import { fleetOf } from '../../src/ec2/fleet.js';
import { fakeMaster, type AwsStandIn } from '@loadwright/aws-stand-in';
import { requestOf, settingsOf, uiPort, withFolder, type Work } from './work.js';

/** A fleet that is made, then used. */
export function withDeployedFleet(
  aws: AwsStandIn,
  use: (work: Work) => Promise<void>,
  named: Pick<FleetRequest, 'name'> = {},
): Promise<void> {
  return withFolder(tmpdir(), async (folder) => {
    Object.assign(aws.behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
    const environment = { ...aws.environment, LOADWRIGHT_CHECK_IP_URL: `${aws.endpoint}/checkip` };
    const work = { fleetId: createFleetId(), folder, environment, uiPort, adopted: {} };
    await fleetOf(settingsOf(work)).provision({ ...requestOf(work, new AbortController().signal), ...named });
    await use(work);
  });
}

/** Removes a fleet. @returns what it waited for, and what is left */
export async function destroy(work: Work): Promise<{ waits: string; remaining: readonly string[] }> {
  const waits: string[] = [];
  const onProgress = (line: string) => /may not be seen/.test(line) && waits.push(line);
  const { remaining } = await fleetOf(settingsOf(work)).lasting!.destroy(work.fleetId, { onProgress });
  return { waits: waits.join(), remaining };
}
