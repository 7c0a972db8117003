import { client, invalid, Refusal } from '../errors.js';
import { atMost, page } from '../pages.js';
import { now, type PlacementConstraint, type Service, type Tag } from '../records.js';
import type { EcsState } from '../state.js';
import type { Actions, Input } from './actions.js';

interface DeploymentConfiguration {
  readonly deploymentCircuitBreaker?: { readonly enable?: boolean };
  readonly maximumPercent?: number;
}

/** Of an idempotent CreateService. */
const longestToken = 36;

export const serviceActions: Actions = {
  CreateService({ state, scheduler }, input) {
    const cluster = state.cluster(input['cluster']);
    const { serviceName, clientToken = '', schedulingStrategy = 'REPLICA', desiredCount } = input;
    const name = String(serviceName);
    if (!/^[\w-]{1,255}$/.test(name)) throw invalid(`Invalid service name: ${name}`);
    if (String(clientToken).length > longestToken) throw invalid('clientToken is limited to 36 characters.');
    const earlier = state.findService(cluster, name);
    if (earlier && earlier.status !== 'INACTIVE') {
      if (clientToken && earlier.input['clientToken'] === clientToken) {
        return { service: describe(state, earlier) };
      }
      throw earlier.status === 'DRAINING'
        ? invalid('Unable to Start a service that is still Draining.')
        : invalid('Creation of service was not idempotent.');
    }
    const isDaemon = schedulingStrategy === 'DAEMON';
    if (isDaemon && desiredCount !== undefined) {
      throw invalid('The daemon scheduling strategy does not support a desired count for services.');
    }
    checkRebalancing(input, isDaemon);
    const service: Service = {
      arn: state.arn('service', `${cluster.name}/${name}`),
      name,
      cluster: cluster.name,
      schedulingStrategy: isDaemon ? 'DAEMON' : 'REPLICA',
      createdAt: now(),
      placementConstraints: (input['placementConstraints'] ?? []) as PlacementConstraint[],
      desiredCount: isDaemon ? 0 : Number(desiredCount ?? 0),
      taskDefinition: state.activeDefinition(input['taskDefinition']).arn,
      hasCircuitBreaker: breakerOf(input),
      tags: (input['tags'] ?? []) as Tag[],
      status: 'ACTIVE',
      deployments: [],
      events: [],
      input,
    };
    // Of one name there may be several that have gone.
    state.services.set(`${service.arn} ${state.services.size}`, service);
    scheduler.newDeployment(service);
    scheduler.reconcile(cluster);
    return { service: describe(state, service) };
  },

  UpdateService({ state, scheduler }, input) {
    const cluster = state.cluster(input['cluster']);
    const service = state.service(cluster, input['service']);
    const { desiredCount, taskDefinition, forceNewDeployment, placementConstraints } = input;
    if (desiredCount !== undefined && service.schedulingStrategy === 'DAEMON') {
      throw invalid('The daemon scheduling strategy does not support a desired count for services.');
    }
    if (desiredCount !== undefined) service.desiredCount = Number(desiredCount);
    if (placementConstraints !== undefined) {
      service.placementConstraints = placementConstraints as PlacementConstraint[];
    }
    if (input['deploymentConfiguration'] !== undefined) service.hasCircuitBreaker = breakerOf(input);
    const definition =
      taskDefinition === undefined ? service.taskDefinition : state.activeDefinition(taskDefinition).arn;
    if (definition !== service.taskDefinition || forceNewDeployment === true) {
      service.taskDefinition = definition;
      scheduler.newDeployment(service);
    }
    scheduler.reconcile(cluster);
    return { service: describe(state, service) };
  },

  DeleteService({ state, scheduler }, { cluster: clusterName, service: name, force }) {
    const cluster = state.cluster(clusterName);
    const service = state.service(cluster, name);
    if (service.schedulingStrategy === 'REPLICA' && service.desiredCount > 0 && force !== true) {
      throw invalid('The service cannot be stopped while it is scaled above 0.');
    }
    service.status = 'DRAINING';
    if (service.schedulingStrategy === 'REPLICA') service.desiredCount = 0;
    scheduler.reconcile(cluster);
    // Nobody sees one that has gone in the answer that lets it go.
    return { service: { ...describe(state, service), status: 'DRAINING' } };
  },

  DescribeServices({ state, scheduler }, { cluster: clusterName, services, include = [] }) {
    const cluster = state.cluster(clusterName);
    scheduler.look(cluster);
    const names = atMost(10, 'services', services);
    const withTags = (include as string[]).includes('TAGS');
    const found = names.map((name) => ({ name, service: state.findService(cluster, name) }));
    return {
      services: found.flatMap(({ service }) =>
        service ? [{ ...describe(state, service), ...(withTags && { tags: service.tags }) }] : [],
      ),
      failures: found
        .filter(({ service }) => !service)
        .map(({ name }) => ({
          arn: state.arn('service', `${cluster.name}/${String(name)}`),
          reason: 'MISSING',
        })),
    };
  },

  ListServices({ state, pageSize }, input) {
    const all = state
      .servicesOf(state.cluster(input['cluster']))
      .filter(({ status }) => status === 'ACTIVE')
      .map(({ arn }) => arn);
    // Of services 10 are on a page unless more are asked for.
    const { items, next } = page(all, { maxResults: 10, ...input }, pageSize);
    return { serviceArns: items, ...next };
  },
};

function breakerOf(input: Input): boolean {
  const configuration = input['deploymentConfiguration'] as DeploymentConfiguration | undefined;
  return configuration?.deploymentCircuitBreaker?.enable === true;
}

/** On unless it is switched off, since September 2025; not for those that cannot have it. */
function checkRebalancing(input: Input, isDaemon: boolean): void {
  const configuration = input['deploymentConfiguration'] as DeploymentConfiguration | undefined;
  if (input['availabilityZoneRebalancing'] !== 'ENABLED') return;
  if (isDaemon || configuration?.maximumPercent === 100) {
    throw new Refusal(
      'InvalidParameterException',
      'AvailabilityZoneRebalancing does not support maximumPercent <= 100, or the daemon strategy.',
    );
  }
  if (input['launchType'] === 'EXTERNAL') throw client('Not for external instances.');
}

function describe(state: EcsState, service: Service) {
  const tasks = state.tasksOfService(service);
  const count = (...statuses: string[]) => tasks.filter((one) => statuses.includes(one.lastStatus)).length;
  const isDaemon = service.schedulingStrategy === 'DAEMON';
  const { loadBalancers = [], serviceRegistries = [], deploymentConfiguration } = service.input;
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: state.arn('cluster', service.cluster),
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: count('RUNNING'),
    pendingCount: count('PENDING', 'PROVISIONING'),
    launchType: service.input['launchType'] ?? 'EC2',
    taskDefinition: service.taskDefinition,
    schedulingStrategy: service.schedulingStrategy,
    availabilityZoneRebalancing:
      service.input['availabilityZoneRebalancing'] ?? (isDaemon ? 'DISABLED' : 'ENABLED'),
    placementConstraints: service.placementConstraints,
    placementStrategy: service.input['placementStrategy'] ?? [],
    deploymentConfiguration,
    createdAt: service.createdAt,
    loadBalancers,
    serviceRegistries,
    enableECSManagedTags: service.input['enableECSManagedTags'] ?? false,
    propagateTags: service.input['propagateTags'] ?? 'NONE',
    events: service.events,
    deployments: service.deployments.map((deployment, index) => {
      const own = tasks.filter(({ startedBy }) => startedBy === deployment.id);
      return {
        id: deployment.id,
        status: index === 0 ? 'PRIMARY' : 'ACTIVE',
        taskDefinition: deployment.taskDefinition,
        desiredCount: index === 0 ? service.desiredCount : 0,
        runningCount: own.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
        pendingCount: own.filter(({ lastStatus }) => /^P/.test(lastStatus)).length,
        failedTasks: deployment.failedTasks,
        createdAt: deployment.createdAt,
        updatedAt: deployment.createdAt,
        launchType: service.input['launchType'] ?? 'EC2',
        rolloutState: deployment.rolloutState,
        rolloutStateReason: deployment.rolloutStateReason,
      };
    }),
  };
}
