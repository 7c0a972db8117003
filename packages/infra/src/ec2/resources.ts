import type { FleetResources } from '../aws/removal/fleet-resources.js';
import { endsMachine, heldByMachine } from '../aws/removal/with-machine.js';
import { bucket } from '../aws/kinds/bucket.js';
import { instanceProfile } from '../aws/kinds/instance-profile.js';
import { instance, lastLaunch } from '../aws/kinds/instance.js';
import { networkInterface, volume } from '../aws/kinds/leftovers.js';
import { parameters } from '../aws/kinds/parameters.js';
import { endRole, role } from '../aws/kinds/role.js';
import { schedule } from '../aws/kinds/schedule.js';
import { securityGroup } from '../aws/kinds/security-group.js';

/** What a fleet of one machine consists of. The machine is made last, and its end after it. */
export const ec2Resources: FleetResources = {
  rows: [
    { kind: instance },
    { kind: schedule, after: [instance], staysWith: endsMachine },
    { kind: endRole, after: [schedule], staysWith: endsMachine },
    { kind: networkInterface, after: [instance], staysWith: heldByMachine },
    { kind: volume, after: [instance], staysWith: heldByMachine },
    { kind: securityGroup, after: [networkInterface], staysWith: heldByMachine },
    { kind: instanceProfile },
    { kind: role, after: [instanceProfile] },
    { kind: parameters },
    { kind: bucket },
  ],
  lastMade: lastLaunch,
};
