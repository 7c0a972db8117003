import { inWords, whyNot } from './placement.js';
import {
  now,
  type Cluster,
  type ContainerInstance,
  type Deployment,
  type Service,
  type Task,
} from './records.js';
import type { ContainerRuntime } from './runtime.js';
import { freshId, type EcsState } from './state.js';
import { TaskLives } from './tasks.js';

const mostEvents = 100;

/** So many tasks of a deployment may fail to start: half of what is wanted, at least 3. */
const toleratedFailures = (service: Service) =>
  Math.min(200, Math.max(3, Math.ceil(service.desiredCount / 2)));

/** The scheduler of services: it starts and ends tasks until there are as many as are wanted. */
export class Scheduler {
  readonly tasks: TaskLives;
  readonly #state: EcsState;
  /** Services of which a task failed to start: they wait for the next look, as AWS waits ever longer. */
  readonly #waiting = new Set<Service>();

  constructor(state: EcsState, runtime: () => ContainerRuntime) {
    this.#state = state;
    this.tasks = new TaskLives(state, runtime, (task, didStart) => this.#onStopped(task, didStart));
  }

  /** Somebody looks at a cluster: time goes on. */
  look(cluster: Cluster): void {
    for (const instance of this.#state.instancesOf(cluster)) {
      if (instance.looksLeft > 0) instance.looksLeft -= 1;
      else if (instance.hasEnded) instance.status = 'INACTIVE';
    }
    this.#waiting.clear();
    this.reconcile(cluster);
  }

  /** Brings the tasks of all services of a cluster to what they should be. */
  reconcile(cluster: Cluster): void {
    for (const service of this.#state.servicesOf(cluster)) this.#reconcile(cluster, service);
  }

  newDeployment(service: Service): void {
    const deployment: Deployment = {
      id: `ecs-svc/${BigInt(`0x${freshId().slice(0, 15)}`)}`,
      taskDefinition: service.taskDefinition,
      createdAt: now(),
      failedTasks: 0,
      rolloutState: 'IN_PROGRESS',
      rolloutStateReason: '',
    };
    deployment.rolloutStateReason = `ECS deployment ${deployment.id} in progress.`;
    service.deployments.unshift(deployment);
  }

  #reconcile(cluster: Cluster, service: Service): void {
    const tasks = this.#state
      .tasksOfService(service)
      .filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
    if (service.status !== 'ACTIVE') {
      for (const task of tasks) this.#end(task, service);
      const all = this.#state.tasksOfService(service);
      if (all.every(({ lastStatus }) => lastStatus === 'STOPPED')) service.status = 'INACTIVE';
      return;
    }
    const [deployment] = service.deployments;
    if (!deployment) return;
    const instances = this.#state
      .instancesOf(cluster)
      .filter(({ looksLeft, hasEnded, status }) => looksLeft === 0 && !hasEnded && status !== 'INACTIVE');
    const [current, outdated] = [
      tasks.filter(({ startedBy }) => startedBy === deployment.id),
      tasks.filter(({ startedBy }) => startedBy !== deployment.id),
    ];
    for (const task of outdated) this.#end(task, service);
    for (const task of current) {
      if (task.instance?.status === 'DRAINING') this.#end(task, service);
    }
    if (service.schedulingStrategy === 'DAEMON') this.#placeDaemon(service, deployment, instances, current);
    else this.#placeReplicas(service, deployment, instances, current);
    this.#judge(service, deployment);
  }

  #placeDaemon(
    service: Service,
    deployment: Deployment,
    instances: ContainerInstance[],
    tasks: Task[],
  ): void {
    const definition = this.#state.definition(service.taskDefinition);
    const matching = instances.filter((instance) => {
      const reason = whyNot(definition, service.placementConstraints, instance, []);
      return reason === undefined || reason.startsWith('RESOURCE') || reason === 'AGENT';
    });
    service.desiredCount = matching.length;
    for (const instance of matching) {
      if (!tasks.some((task) => task.instance === instance)) this.#place(service, deployment, [instance]);
    }
  }

  #placeReplicas(
    service: Service,
    deployment: Deployment,
    instances: ContainerInstance[],
    tasks: Task[],
  ): void {
    for (const task of tasks.slice(service.desiredCount)) this.#end(task, service);
    for (let count = tasks.length; count < service.desiredCount; count += 1) {
      if (!this.#place(service, deployment, instances)) return;
    }
  }

  #place(service: Service, deployment: Deployment, instances: readonly ContainerInstance[]): boolean {
    if (deployment.rolloutState === 'FAILED' || this.#waiting.has(service)) return false;
    const definition = this.#state.definition(service.taskDefinition);
    const all = [...this.#state.tasks.values()];
    const reasons = instances.map((instance) => ({
      instance,
      reason: whyNot(definition, service.placementConstraints, instance, all),
    }));
    const free = reasons.find(({ reason }) => reason === undefined)?.instance;
    if (!free) {
      const closest = reasons.find(({ reason }) => reason?.startsWith('RESOURCE')) ?? reasons[0];
      const why = closest
        ? inWords(closest.reason ?? '', closest.instance)
        : 'No Container Instances were found in your cluster.';
      this.#say(
        service,
        `(service ${service.name}) was unable to place a task because no container instance met all of its requirements. Reason: ${why} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
      );
      return false;
    }
    const task = this.tasks.start({
      cluster: service.cluster,
      definition,
      instance: free,
      address: free.address,
      group: `service:${service.name}`,
      startedBy: deployment.id,
    });
    this.#say(service, `(service ${service.name}) has started 1 tasks: (task ${task.id}).`);
    return true;
  }

  #judge(service: Service, deployment: Deployment): void {
    if (deployment.rolloutState !== 'IN_PROGRESS') return;
    const tasks = this.#state.tasksOfService(service);
    const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING');
    if (service.hasCircuitBreaker && deployment.failedTasks >= toleratedFailures(service)) {
      deployment.rolloutState = 'FAILED';
      deployment.rolloutStateReason = 'ECS deployment circuit breaker: tasks failed to start.';
      this.#say(
        service,
        `(service ${service.name}) (deployment ${deployment.id}) deployment failed: tasks failed to start.`,
      );
    } else if (
      running.length === service.desiredCount &&
      running.every(({ startedBy }) => startedBy === deployment.id)
    ) {
      deployment.rolloutState = 'COMPLETED';
      deployment.rolloutStateReason = `ECS deployment ${deployment.id} completed.`;
      service.deployments = [deployment];
      this.#say(service, `(service ${service.name}) has reached a steady state.`);
    }
  }

  #end(task: Task, { deployments: [deployment] }: Service): void {
    const by = deployment ? `(deployment ${deployment.id})` : 'its service';
    this.tasks.stop(task, 'ServiceSchedulerInitiated', `Scaling activity initiated by ${by}`);
  }

  #say(service: Service, message: string): void {
    if (service.events[0]?.message === message) return;
    service.events.unshift({ id: freshId(), createdAt: now(), message });
    service.events.length = Math.min(service.events.length, mostEvents);
  }

  #onStopped(task: Task, didStart: boolean): void {
    const service = [...this.#state.services.values()].find((one) =>
      one.deployments.some(({ id }) => id === task.startedBy),
    );
    const cluster = this.#state.clusters.get(task.cluster);
    if (!service || !cluster) return;
    const deployment = service.deployments.find(({ id }) => id === task.startedBy);
    if (!didStart && deployment && task.stopCode === 'TaskFailedToStart') {
      deployment.failedTasks += 1;
      this.#waiting.add(service);
    }
    this.reconcile(cluster);
  }
}
