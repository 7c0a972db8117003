import { ec2 } from '@loadwright/infra/ec2/kind';
import { ecs } from '@loadwright/infra/ecs/kind';
import { local } from '@loadwright/infra/local/kind';
import { fleetKinds } from './fleet-kinds.js';

/** The kinds of fleets that come with Loadwright. */
export const builtInFleets = fleetKinds([local, ec2, ecs]);
