import { cluster } from '../aws/kinds/cluster.js';
import { containerInstance } from '../aws/kinds/container-instance.js';
import { imageTag } from '../aws/kinds/image-tag.js';
import { lastStart, task } from '../aws/kinds/fargate/task.js';
import { instanceProfile } from '../aws/kinds/instance-profile.js';
import { instance, lastLaunch } from '../aws/kinds/instance.js';
import { networkInterface, volume } from '../aws/kinds/leftovers.js';
import { logGroup } from '../aws/kinds/log-group.js';
import { parameters } from '../aws/kinds/parameters.js';
import { endRole, executionRole, role, sessionRole, taskRole } from '../aws/kinds/role.js';
import { schedule } from '../aws/kinds/schedule.js';
import { securityGroup } from '../aws/kinds/security-group.js';
import { service } from '../aws/kinds/service.js';
import { taskDefinition } from '../aws/kinds/task-definition.js';
import { endsMachine, heldByMachine } from '../aws/removal/with-machine.js';
import type { FleetResources } from '../aws/removal/fleet-resources.js';

/**
 * What a fleet on ECS consists of. Services go first: one that runs on each machine would start its tasks again. Machines end
 * while their agents are connected, and so deregister themselves; what is registered all the same keeps the cluster. Tasks on
 * Fargate are there in place of machines.
 * The log group goes last, because it shows where the fleet is.
 */
export const ecsResources: FleetResources = {
  rows: [
    { kind: service },
    { kind: task },
    { kind: instance, after: [service] },
    { kind: schedule, after: [instance], staysWith: endsMachine },
    { kind: endRole, after: [schedule], staysWith: endsMachine },
    { kind: networkInterface, after: [instance], staysWith: heldByMachine },
    { kind: volume, after: [instance], staysWith: heldByMachine },
    { kind: securityGroup, after: [networkInterface, task], staysWith: heldByMachine },
    { kind: containerInstance, after: [instance] },
    { kind: cluster, after: [service, task, containerInstance] },
    { kind: taskDefinition, after: [service, task] },
    { kind: imageTag, after: [service, task] },
    { kind: instanceProfile, after: [instance] },
    { kind: role, after: [instanceProfile] },
    { kind: taskRole, after: [service, task] },
    { kind: sessionRole, after: [task] },
    { kind: executionRole, after: [service, task] },
    { kind: parameters },
    {
      kind: logGroup,
      after: [service, task, containerInstance, cluster, imageTag],
      tellsOf: [service, task, containerInstance, imageTag],
    },
  ],
  lastMade: async (aws, fleetId) => (await lastLaunch(aws, fleetId)) ?? lastStart(aws, fleetId),
};
