import type { Fleet } from '@loadwright/core';
import { fleetOf } from '../../src/ecs/fleet.js';
import type { Work } from '../ec2/work.js';
import { requestOf, settingsOf } from './work.js';

/** There is no machine that could have a profile of the caller's. */
export function fargateFleetOf(work: Work): Fleet {
  return fleetOf(settingsOf(work, { launchType: 'fargate', instanceProfile: undefined }));
}

/** Does to a fleet on Fargate what a phase of the leak matrix is called after. */
export async function carryOut(phase: string, work: Work): Promise<void> {
  const fleet = fargateFleetOf(work);
  if (phase === 'deploy') await fleet.provision(requestOf(work));
  else if (phase === 'run') await (await fleet.open(work.fleetId)).status();
  else if (phase === 'scale up') await fleet.lasting!.scaling!.scale(work.fleetId, 3);
  else if (phase === 'scale down') await fleet.lasting!.scaling!.scale(work.fleetId, 1);
  else await fleet.lasting!.destroy(work.fleetId);
}
