import { fleetOf } from '../../src/ecs/fleet.js';
import type { Work } from '../ec2/work.js';
import { requestOf, settingsOf } from './work.js';

/** Does to a fleet what a phase of the leak matrix is called after. */
export async function carryOut(phase: string, work: Work): Promise<void> {
  const fleet = fleetOf(settingsOf(work));
  switch (phase) {
    case 'deploy':
      await fleet.provision(requestOf(work));
      return;
    case 'run': {
      const handle = await fleet.open(work.fleetId);
      await handle.status();
      return;
    }
    case 'scale up':
      await fleet.lasting!.scaling!.scale(work.fleetId, 3);
      return;
    case 'scale down':
      await fleet.lasting!.scaling!.scale(work.fleetId, 1);
      return;
    default:
      await fleet.lasting!.destroy(work.fleetId);
  }
}
