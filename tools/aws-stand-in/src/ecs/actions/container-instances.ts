import { invalid } from '../errors.js';
import { isMember, holdsResources, remaining } from '../placement.js';
import { atMost, page } from '../pages.js';
import type { ContainerInstance } from '../records.js';
import type { EcsState } from '../state.js';
import type { Actions } from './actions.js';

const isSeen = ({ looksLeft, hasEnded }: ContainerInstance) => looksLeft === 0 || hasEnded;

export const containerInstanceActions: Actions = {
  ListContainerInstances({ state, scheduler, pageSize }, input) {
    const cluster = state.cluster(input['cluster']);
    scheduler.look(cluster);
    const { status, filter } = input;
    const all = state
      .instancesOf(cluster)
      .filter(isSeen)
      .filter((one) => (status === undefined ? one.status !== 'INACTIVE' : one.status === status))
      .filter((one) => filter === undefined || isMember(one, String(filter)))
      .map(({ arn }) => arn);
    const { items, next } = page(all, input, pageSize);
    return { containerInstanceArns: items, ...next };
  },

  DescribeContainerInstances({ state }, { cluster: clusterName, containerInstances, include = [] }) {
    const cluster = state.cluster(clusterName);
    const withTags = (include as string[]).includes('TAGS');
    const asked = atMost(100, 'containerInstances', containerInstances);
    if (asked.length === 0) throw invalid('Container instances cannot be empty.');
    const found = asked.map((id) => ({ id, instance: state.instance(cluster, id) }));
    return {
      containerInstances: found.flatMap(({ instance }) =>
        instance ? [{ ...describe(state, instance), ...(withTags && { tags: instance.tags }) }] : [],
      ),
      failures: found
        .filter(({ instance }) => !instance)
        .map(({ id }) => ({ arn: String(id), reason: 'MISSING' })),
    };
  },

  /** As the agent of a machine calls it, which the stand-in knows nothing else of. */
  RegisterContainerInstance(
    { state, agents },
    { cluster: clusterName, instanceIdentityDocument, attributes },
  ) {
    const cluster = state.cluster(clusterName);
    const { instanceId } = JSON.parse(String(instanceIdentityDocument)) as { instanceId: string };
    const given = (attributes ?? []) as readonly { name: string; value?: string }[];
    const instance = agents.registerUnknown(cluster, instanceId, given);
    return { containerInstance: describe(state, instance) };
  },

  DeregisterContainerInstance({ state, scheduler }, { cluster: clusterName, containerInstance, force }) {
    const cluster = state.cluster(clusterName);
    const instance = state.instance(cluster, containerInstance);
    if (!instance || instance.status === 'INACTIVE') {
      throw invalid('Referenced container instance not found.');
    }
    const runs = state.tasksOf(cluster).some((task) => task.instance === instance && holdsResources(task));
    if (runs && force !== true) {
      throw invalid('Found running tasks on the instance.');
    }
    instance.status = 'INACTIVE';
    scheduler.tasks.orphan(instance);
    scheduler.reconcile(cluster);
    return { containerInstance: describe(state, instance) };
  },

  UpdateContainerInstancesState({ state, scheduler }, { cluster: clusterName, containerInstances, status }) {
    const cluster = state.cluster(clusterName);
    if (status !== 'ACTIVE' && status !== 'DRAINING')
      throw invalid('Container instance status must be one of [DRAINING, ACTIVE]');
    const changed: object[] = [];
    const failures: object[] = [];
    for (const id of atMost(10, 'containerInstances', containerInstances)) {
      const instance = state.instance(cluster, id);
      if (!instance || instance.status === 'INACTIVE') {
        failures.push({ arn: id, reason: instance ? 'INACTIVE' : 'MISSING' });
        continue;
      }
      instance.status = status;
      changed.push(describe(state, instance));
    }
    scheduler.reconcile(cluster);
    return { containerInstances: changed, failures };
  },
};

function describe(state: EcsState, instance: ContainerInstance) {
  const tasks = [...state.tasks.values()].filter((task) => task.instance === instance);
  const left = remaining(instance, tasks);
  const resources = (cpu: number, memory: number, ports: readonly number[]) => [
    { name: 'CPU', type: 'INTEGER', integerValue: cpu },
    { name: 'MEMORY', type: 'INTEGER', integerValue: memory },
    { name: 'PORTS', type: 'STRINGSET', stringSetValue: ports.map(String) },
  ];
  return {
    containerInstanceArn: instance.arn,
    ec2InstanceId: instance.machineId,
    version: 1,
    versionInfo: { agentVersion: '1.107.0', dockerVersion: 'DockerVersion: 25.0.16' },
    registeredResources: resources(instance.cpu, instance.memory, []),
    remainingResources: resources(left.cpu, left.memory, [...left.ports]),
    status: instance.status,
    agentConnected: instance.agentConnected && instance.status !== 'INACTIVE',
    // Of those that are to run: one that is being stopped is not among them while it still runs.
    runningTasksCount: tasks.filter(
      ({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING',
    ).length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => lastStatus.startsWith('P')).length,
    attributes: [...instance.attributes].map(([name, value]) => ({
      name,
      ...(value !== undefined && { value }),
    })),
    registeredAt: instance.registeredAt,
    attachments: [],
    tags: [],
  };
}
