import { randomBytes } from 'node:crypto';
import { clusterNotFound, invalid, Refusal } from './errors.js';
import {
  accountId,
  type Cluster,
  type ContainerInstance,
  type Service,
  type Task,
  type TaskDefinition,
} from './records.js';

/** What a RunTask with a client token was asked, and what it answered. */
export interface EarlierRun {
  readonly asked: string;
  readonly tasks: readonly Task[];
  readonly failures: readonly object[];
}

export const freshId = () => randomBytes(16).toString('hex');

/** Everything that ECS knows in an account and region. */
export class EcsState {
  readonly region: string;
  readonly clusters = new Map<string, Cluster>();
  readonly instances = new Map<string, ContainerInstance>();
  readonly definitions = new Map<string, TaskDefinition>();
  readonly services = new Map<string, Service>();
  readonly tasks = new Map<string, Task>();
  /** By client token. */
  readonly runs = new Map<string, EarlierRun>();

  constructor(region: string) {
    this.region = region;
  }

  arn(type: string, name: string): string {
    return `arn:aws:ecs:${this.region}:${accountId}:${type}/${name}`;
  }

  /** @param cluster name or ARN; `default` when absent */
  cluster(cluster: unknown): Cluster {
    const found = this.clusters.get(lastPart(String(cluster ?? 'default')));
    if (found?.status !== 'ACTIVE') throw clusterNotFound();
    return found;
  }

  instancesOf({ name }: Cluster): ContainerInstance[] {
    return [...this.instances.values()].filter(({ cluster }) => cluster === name);
  }

  tasksOf({ name }: Cluster): Task[] {
    return [...this.tasks.values()].filter(({ cluster }) => cluster === name);
  }

  servicesOf({ name }: Cluster): Service[] {
    return [...this.services.values()].filter(({ cluster }) => cluster === name);
  }

  /** Of the service's own tasks. */
  tasksOfService({ cluster, name }: Service): Task[] {
    return [...this.tasks.values()].filter(
      (task) => task.cluster === cluster && task.group === `service:${name}`,
    );
  }

  /** @param id id or ARN */
  instance(cluster: Cluster, id: unknown): ContainerInstance | undefined {
    const found = this.instances.get(lastPart(String(id)));
    return found?.cluster === cluster.name ? found : undefined;
  }

  task(cluster: Cluster, id: unknown): Task | undefined {
    const found = this.tasks.get(lastPart(String(id)));
    return found?.cluster === cluster.name ? found : undefined;
  }

  /** One of that name which has not gone, rather than one that has. */
  findService(cluster: Cluster, name: unknown): Service | undefined {
    const all = this.servicesOf(cluster).filter((one) => one.name === lastPart(String(name)));
    return all.find(({ status }) => status !== 'INACTIVE') ?? all.at(-1);
  }

  service(cluster: Cluster, name: unknown): Service {
    const found = this.findService(cluster, name);
    if (!found) throw new Refusal('ServiceNotFoundException', 'Service not found.');
    if (found.status !== 'ACTIVE') throw new Refusal('ServiceNotActiveException', 'Service was not ACTIVE.');
    return found;
  }

  /** @param name `family`, `family:revision` or an ARN */
  definition(name: unknown): TaskDefinition {
    const asked = lastPart(String(name));
    const [family = '', revision] = asked.split(':');
    const all = [...this.definitions.values()].filter((one) => one.family === family);
    const found =
      revision === undefined
        ? all.findLast(({ status }) => status === 'ACTIVE')
        : all.find((one) => String(one.revision) === revision);
    if (!found) throw new Refusal('ClientException', 'Unable to describe task definition.');
    return found;
  }

  activeDefinition(name: unknown): TaskDefinition {
    const found = this.definition(name);
    if (found.status !== 'ACTIVE') throw new Refusal('ClientException', 'TaskDefinition is inactive');
    return found;
  }

  /** Whatever has tags and this ARN. */
  tagged(arn: unknown) {
    const all = [this.clusters, this.instances, this.definitions, this.services, this.tasks];
    for (const kind of all) {
      for (const one of kind.values()) if (one.arn === arn) return one;
    }
    throw invalid(`The specified resource is not found: ${String(arn)}`);
  }

  /** What has been left behind, as an inventory names it. */
  inventory(): string[] {
    return [
      ...[...this.clusters.values()]
        .filter(({ status }) => status === 'ACTIVE')
        .map(({ name }) => `ecs:cluster/${name}`),
      ...[...this.services.values()]
        .filter(({ status }) => status === 'ACTIVE')
        .map(({ name }) => `ecs:service/${name}`),
      ...[...this.instances.values()]
        .filter(({ status, hasEnded }) => status !== 'INACTIVE' && !hasEnded)
        .map(({ id }) => `ecs:container-instance/${id}`),
      ...[...this.tasks.values()]
        .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
        .map(({ id }) => `ecs:task/${id}`),
      ...[...this.definitions.values()]
        .filter(({ status }) => status !== 'DELETE_IN_PROGRESS')
        .map(({ family, revision }) => `ecs:task-definition/${family}:${revision}`),
    ];
  }
}

export function lastPart(name: string): string {
  return name.split('/').pop() ?? '';
}
