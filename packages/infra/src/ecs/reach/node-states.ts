import type { Instance } from '@aws-sdk/client-ec2';
import type { ContainerInstance } from '@aws-sdk/client-ecs';
import type { FleetNode } from '@loadwright/core/fleet';
import type { Aws } from '../../aws/clients.js';
import { partTag, readTags } from '../../aws/fleet-identity.js';
import { readFacts } from '../../aws/fleets/facts.js';
import { containerInstances } from '../../aws/kinds/container-instance.js';
import { describeFleet } from '../../aws/kinds/instance.js';
import { partOf, readCrew } from '../scale/crew.js';

export type NodeState = Pick<FleetNode, 'state' | 'reason' | 'instance'>;

/** What AWS shows of a fleet. */
export interface NodeStates {
  readonly master: NodeState;
  /** One for each worker: those of a machine share its state. */
  readonly workers: readonly NodeState[];
}

/** A fleet that is looked at. */
export interface WatchedFleet {
  readonly fleetId: string;
  /** Id of the machine of its master. */
  readonly master: string;
  readonly cluster: string;
  /** How many workers there are where its tags do not say so. */
  readonly expectedWorkers: number;
  readonly startTimeoutSeconds: number;
}

/** Which machines are its own, the tags of its master say, each time anew: somebody else may change their number. */
export async function lookAtNodes(aws: Aws, fleet: WatchedFleet): Promise<NodeStates> {
  const { fleetId, cluster, master: masterId, expectedWorkers } = fleet;
  const [machines, registered] = await Promise.all([
    describeFleet(aws, fleetId),
    // Who may not look at the cluster sees the machines all the same.
    containerInstances(aws, cluster).catch(() => undefined),
  ]);
  const agentOf = (id: string | undefined) =>
    registered?.find(({ ec2InstanceId }) => ec2InstanceId !== undefined && ec2InstanceId === id);
  const stateOf = (part: string, machine: Instance | undefined, id = machine?.InstanceId): NodeState => ({
    ...stateOfMachine([part, id].filter(Boolean).join(' '), machine, registered && agentOf(id), fleet),
    ...(id !== undefined && { instance: id }),
  });
  const master = machines.find(({ InstanceId }) => InstanceId === masterId);
  if (!master) {
    // It has ended long ago, or is not seen yet: which machines there should be, nobody says.
    return {
      master: stateOf('master', undefined, masterId),
      workers: Array.from({ length: expectedWorkers }, () => stateOf('of the worker', undefined)),
    };
  }
  const tags = readTags(master.Tags);
  const { numbers } = readCrew(fleetId, tags);
  const byPart = new Map(machines.map((machine) => [readTags(machine.Tags)[partTag], machine]));
  // Each machine runs as many processes as the others.
  const processes = readFacts(fleetId, tags).workers / numbers.length;
  return {
    master: stateOf('master', master),
    workers: numbers.flatMap((number) => {
      const state = stateOf(partOf(number), byPart.get(partOf(number)));
      return Array.from({ length: processes }, () => state);
    }),
  };
}

function stateOfMachine(
  name: string,
  machine: Instance | undefined,
  agent: ContainerInstance | undefined,
  { startTimeoutSeconds }: Pick<WatchedFleet, 'startTimeoutSeconds'>,
): NodeState {
  const state = machine?.State?.Name;
  if (state === 'pending') return { state: 'starting' };
  if (state !== 'running') {
    const reason = machine?.StateReason?.Message || `it is ${state ?? 'gone'}`;
    return { state: 'failed', reason: `its machine ${name} ended: ${reason}` };
  }
  if (agent?.status === 'DRAINING') {
    // Agents of spot machines drain at the notice, two minutes before the end; nothing else drains one, but a person.
    const spot = machine?.InstanceLifecycle === 'spot';
    const why = spot
      ? 'a spot interruption notice, with which AWS takes the spare capacity back'
      : 'somebody has ordered it';
    return { state: 'failed', reason: `its machine ${name} is being drained: ${why}` };
  }
  const runs = (agent?.runningTasksCount ?? 0) > 0;
  const age = Date.now() - (machine?.LaunchTime?.getTime() ?? 0);
  return { state: runs || age > startTimeoutSeconds * 1000 ? 'running' : 'starting' };
}
