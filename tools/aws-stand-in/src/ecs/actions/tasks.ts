import { takeAddress } from '../../addresses.js';
import { client, invalid, Refusal } from '../errors.js';
import { interfaceOf } from '../fargate-network.js';
import { whyNot } from '../placement.js';
import { atMost, page } from '../pages.js';
import type {
  Cluster,
  ContainerInstance,
  ContainerOverride,
  PlacementConstraint,
  Tag,
  Task,
  TaskDefinition,
  TaskNetwork,
} from '../records.js';
import { lastPart, type EarlierRun, type EcsState } from '../state.js';
import { isOnFargate } from '../throttle.js';
import type { Actions, EcsWorld, Input } from './actions.js';

export const taskActions: Actions = {
  RunTask(world, input) {
    const { state } = world;
    const cluster = state.cluster(input['cluster']);
    const count = Number(input['count'] ?? 1);
    if (count < 1 || count > 10) throw invalid('count must be between 1 and 10.');
    const { clientToken, ...asked } = input;
    const earlier = state.runs.get(String(clientToken));
    if (earlier) return again(state, earlier, asked);
    const isFargate = isOnFargate(input);
    if (isFargate) requireFargate(world, cluster, input, count);
    const tasks: Task[] = [];
    const failures: object[] = [];
    for (let index = 0; index < count; index += 1) {
      if (isFargate) {
        if (onFargate(state).length < world.fargate.places)
          tasks.push(start(world, cluster, input, undefined));
        else failures.push({ reason: noCapacity });
        continue;
      }
      const placed = place(state, cluster, input);
      if (typeof placed !== 'object') {
        failures.push({ arn: state.arn('container-instance', cluster.name), reason: placed });
      } else tasks.push(start(world, cluster, input, placed));
    }
    if (clientToken !== undefined) {
      state.runs.set(String(clientToken), { asked: JSON.stringify(asked), tasks, failures });
    }
    return { tasks: tasks.map((task) => describe(state, task)), failures };
  },

  StartTask(world, input) {
    const { state } = world;
    const cluster = state.cluster(input['cluster']);
    const definition = state.activeDefinition(input['taskDefinition']);
    const tasks: Task[] = [];
    const failures: object[] = [];
    for (const id of atMost(10, 'containerInstances', input['containerInstances'])) {
      const instance = state.instance(cluster, id);
      const all = [...state.tasks.values()];
      const reason = instance ? whyNot(definition, [], instance, all) : 'MISSING';
      if (!instance || reason !== undefined) failures.push({ arn: id, reason });
      else tasks.push(start(world, cluster, input, instance));
    }
    return { tasks: tasks.map((task) => describe(state, task)), failures };
  },

  StopTask({ state, scheduler }, { cluster: clusterName, task: id, reason }) {
    const task = state.task(state.cluster(clusterName), id);
    if (!task) throw invalid('The referenced task was not found.');
    scheduler.tasks.stop(
      task,
      'UserInitiated',
      reason === undefined ? 'Task stopped by user' : String(reason),
    );
    return { task: describe(state, task) };
  },

  ListTasks({ state, scheduler, pageSize }, input) {
    const cluster = state.cluster(input['cluster']);
    scheduler.look(cluster);
    const {
      desiredStatus = 'RUNNING',
      serviceName,
      family,
      containerInstance,
      startedBy,
      launchType,
    } = input;
    const matches = (wanted: unknown, value: unknown) => wanted === undefined || wanted === value;
    const all = state
      .tasksOf(cluster)
      .filter((task) => task.desiredStatus === desiredStatus)
      .filter(
        (task) =>
          matches(serviceName && `service:${lastPart(String(serviceName))}`, task.group) &&
          matches(family, task.definition.family) &&
          matches(containerInstance && lastPart(String(containerInstance)), task.instance?.id) &&
          matches(startedBy, task.startedBy) &&
          matches(launchType, task.launchType),
      )
      .map(({ arn }) => arn);
    const { items, next } = page(all, input, pageSize);
    return { taskArns: items, ...next };
  },

  DescribeTasks({ state }, { cluster: clusterName, tasks, include = [] }) {
    const cluster = state.cluster(clusterName);
    const withTags = (include as string[]).includes('TAGS');
    const found = atMost(100, 'tasks', tasks).map((id) => ({ id, task: state.task(cluster, id) }));
    return {
      tasks: found.flatMap(({ task }) =>
        task ? [{ ...describe(state, task), ...(withTags && { tags: task.tags }) }] : [],
      ),
      failures: found.filter(({ task }) => !task).map(({ id }) => ({ arn: String(id), reason: 'MISSING' })),
    };
  },
};

const noCapacity =
  'Capacity is unavailable at this time. Please try again later or in a different availability zone';

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html */
function again(state: EcsState, { asked, tasks, failures }: EarlierRun, input: Input): object {
  if (asked === JSON.stringify(input)) return { tasks: tasks.map((task) => describe(state, task)), failures };
  throw new Refusal('ConflictException', 'The specified client token was used with other parameters.');
}

const onFargate = (state: EcsState) =>
  [...state.tasks.values()].filter(
    ({ launchType, lastStatus }) => launchType === 'FARGATE' && lastStatus !== 'STOPPED',
  );

function requireFargate(
  { state, fargate }: EcsWorld,
  { capacityProviders }: Cluster,
  input: Input,
  count: number,
): void {
  const definition = state.activeDefinition(input['taskDefinition']);
  const compatible = (definition.input['requiresCompatibilities'] ?? []) as string[];
  if (!compatible.includes('FARGATE')) {
    throw invalid('Task definition does not support launch_type FARGATE.');
  }
  const provider = providerOf(input);
  if (provider !== undefined && input['launchType'] !== undefined) {
    throw invalid('Specifying both a launch type and capacity provider strategy is not supported.');
  }
  if (provider !== undefined && !capacityProviders.includes(provider)) {
    throw invalid(`The specified capacity provider '${provider}' was not found.`);
  }
  const spot = provider === 'FARGATE_SPOT';
  const used = onFargate(state)
    .filter(({ capacityProvider }) => (capacityProvider === 'FARGATE_SPOT') === spot)
    .reduce((sum, task) => sum + vcpusOf(task.definition), 0);
  if (used + count * vcpusOf(definition) > (spot ? fargate.spot : fargate.onDemand)) {
    throw client("You've reached the limit on the number of vCPUs you can run concurrently");
  }
}

const vcpusOf = ({ cpu }: TaskDefinition) => Number(cpu ?? 0) / 1024;

const providerOf = ({
  capacityProviderStrategy: [first] = [],
}: Input & { capacityProviderStrategy?: object[] }) =>
  (first as { capacityProvider?: string } | undefined)?.capacityProvider;

/** An instance, or why there is none. */
function place(state: EcsState, cluster: Cluster, input: Input): ContainerInstance | string {
  const instances = state
    .instancesOf(cluster)
    .filter(({ looksLeft, hasEnded }) => looksLeft === 0 && !hasEnded);
  if (instances.length === 0) throw invalid('No Container Instances were found in your cluster.');
  const definition = state.activeDefinition(input['taskDefinition']);
  const constraints = (input['placementConstraints'] ?? []) as PlacementConstraint[];
  const all = [...state.tasks.values()];
  const reasons = instances.map((instance) => whyNot(definition, constraints, instance, all));
  const free = instances[reasons.indexOf(undefined)];
  return free ?? reasons.find((one) => one?.startsWith('RESOURCE')) ?? reasons[0] ?? 'MISSING';
}

function start(
  { state, scheduler }: EcsWorld,
  cluster: Cluster,
  input: Input,
  instance: ContainerInstance | undefined,
): Task {
  const definition = state.activeDefinition(input['taskDefinition']);
  const { group, startedBy = '', overrides, tags, networkConfiguration } = input;
  const { awsvpcConfiguration: network } = (networkConfiguration ?? {}) as {
    awsvpcConfiguration?: TaskNetwork;
  };
  if (!instance && definition.networkMode !== 'awsvpc') {
    throw client('The provided launch type is not compatible with the network mode of the task definition.');
  }
  if (!instance && networkConfiguration === undefined) {
    throw invalid('Network Configuration must be provided when networkMode awsvpc is specified.');
  }
  return scheduler.tasks.start({
    cluster: cluster.name,
    definition,
    instance,
    address: instance?.address ?? takeAddress(),
    group: String(group ?? `family:${definition.family}`),
    startedBy: String(startedBy),
    overrides: (overrides as { containerOverrides?: ContainerOverride[] } | undefined)?.containerOverrides,
    tags: (tags ?? []) as Tag[],
    ...(!instance && { network, capacityProvider: providerOf(input) }),
  });
}

function describe(state: EcsState, task: Task) {
  const { definition, instance, lastStatus } = task;
  const isOnFargate = task.launchType === 'FARGATE';
  return {
    taskArn: task.arn,
    clusterArn: state.arn('cluster', task.cluster),
    taskDefinitionArn: definition.arn,
    ...(instance && { containerInstanceArn: instance.arn }),
    group: task.group,
    startedBy: task.startedBy,
    ...(task.capacityProvider === undefined
      ? { launchType: task.launchType }
      : { capacityProviderName: task.capacityProvider }),
    lastStatus,
    desiredStatus: task.desiredStatus,
    createdAt: task.createdAt,
    startedAt: task.startedAt,
    stoppedAt: task.stoppedAt,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    connectivity: 'CONNECTED',
    cpu: definition.cpu,
    memory: definition.memory,
    overrides: { containerOverrides: task.overrides, inferenceAcceleratorOverrides: [] },
    attachments: isOnFargate
      ? [
          {
            id: task.id,
            type: 'ElasticNetworkInterface',
            status: lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
            details: [
              { name: 'subnetId', value: task.network?.subnets[0] },
              { name: 'networkInterfaceId', value: interfaceOf(task) },
              { name: 'privateIPv4Address', value: task.address },
            ],
          },
        ]
      : [],
    containers: definition.containerDefinitions.map(({ name, image }) => ({
      containerArn: state.arn('container', `${task.cluster}/${task.id}/${name}`),
      taskArn: task.arn,
      name,
      image,
      imageDigest: image.split('@')[1],
      runtimeId: `${task.id}-${name}`,
      lastStatus: lastStatus === 'PROVISIONING' ? 'PENDING' : lastStatus,
      networkBindings: [],
      networkInterfaces: isOnFargate ? [{ privateIpv4Address: task.address }] : [],
      ...task.exits.get(name),
    })),
  };
}
