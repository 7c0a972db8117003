import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import type { Machine } from '../machine.js';
import { Refusal } from './errors.js';
import { now, type Cluster, type ContainerInstance, type Tag } from './records.js';
import type { Scheduler } from './scheduler.js';
import { freshId, type EcsState } from './state.js';

/** What of a machine becomes an attribute of its container instance. */
export interface MachineFacts {
  readonly instanceType: string;
  readonly architecture: string;
  readonly availabilityZone: string;
  readonly imageId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
}

/** An agent that has not registered yet. */
interface Candidate {
  readonly machine: Machine;
  readonly facts: MachineFacts;
  readonly config: Readonly<Record<string, string>>;
}

/** The agents of machines: they register, go on while they are connected, and end with the machine. */
export class Agents {
  readonly #state: EcsState;
  readonly #scheduler: Scheduler;
  readonly #candidates = new Set<Candidate>();
  /** Looks in which an instance that has registered is not seen, or one that has ended still is. */
  readonly #lingers: () => number;

  /** What is not for tasks, of a machine's memory. */
  readonly #systemPart: () => number;

  /** Does AWS take another registration at this moment? */
  readonly #mayRegister: () => boolean;

  constructor(
    state: EcsState,
    scheduler: Scheduler,
    account: {
      readonly lingers: () => number;
      readonly systemPart: () => number;
      readonly mayRegister: () => boolean;
    },
  ) {
    this.#systemPart = account.systemPart;
    this.#state = state;
    this.#scheduler = scheduler;
    this.#lingers = account.lingers;
    this.#mayRegister = account.mayRegister;
  }

  /** A machine with an agent has come up. One whose cluster is not there yet tries again. */
  start(machine: Machine, facts: MachineFacts): void {
    this.#candidates.add({ machine, facts, config: agentConfiguration(machine.userData) });
    this.registerThose();
  }

  /** Registers whoever can; who may not tries again. */
  registerThose(): void {
    for (const candidate of this.#candidates) {
      const cluster = this.#state.clusters.get(candidate.config['ECS_CLUSTER'] ?? 'default');
      if (cluster?.status !== 'ACTIVE' || !this.#mayRegister()) continue;
      this.#candidates.delete(candidate);
      this.#register(candidate, cluster);
      this.#scheduler.reconcile(cluster);
    }
  }

  /** The machine has ended, and with it its containers. Without its agent nobody deregisters it. */
  async end(machineId: string): Promise<void> {
    for (const candidate of this.#candidates) {
      if (candidate.machine.id === machineId) this.#candidates.delete(candidate);
    }
    const instance = this.ofMachine(machineId);
    if (!instance) return;
    const { agentConnected } = instance;
    instance.agentConnected = false;
    if (agentConnected && instance.status !== 'INACTIVE') {
      instance.hasEnded = true;
      instance.looksLeft = this.#lingers();
    }
    await this.#scheduler.tasks.lose(
      instance,
      'TerminationNotice',
      `Host EC2 (instance ${machineId}) terminated.`,
    );
  }

  ofMachine(machineId: string): ContainerInstance | undefined {
    return [...this.#state.instances.values()].findLast((one) => one.machineId === machineId);
  }

  /** AWS takes the machine back in two minutes: an agent that drains for it has its service tasks ended. */
  spotNotice(machineId: string, drains: boolean): void {
    const instance = this.ofMachine(machineId);
    if (!instance || !drains) return;
    instance.status = 'DRAINING';
    for (const task of this.#state.tasks.values()) {
      if (task.instance === instance && task.group.startsWith('service:')) {
        this.#scheduler.tasks.stop(task, 'SpotInterruption', 'Spot instance interruption.');
      }
    }
  }

  /** Registers a machine of which only its id is known. */
  registerUnknown(
    cluster: Cluster,
    machineId: string,
    attributes: readonly { readonly name: string; readonly value?: string }[],
  ): ContainerInstance {
    return this.#add({
      cluster: cluster.name,
      machineId,
      address: '127.0.0.1',
      instanceProfile: undefined,
      attributes: new Map(attributes.map(({ name, value }) => [name, value])),
      cpu: 2048,
      memory: 7482,
      tags: [],
      looksLeft: 0,
    });
  }

  #register({ machine, facts, config }: Candidate, cluster: Cluster): void {
    this.#add({
      cluster: cluster.name,
      machineId: machine.id,
      address: machine.privateAddress,
      instanceProfile: machine.instanceProfile,
      attributes: new Map([...builtIn(facts), ...ownAttributes(config['ECS_INSTANCE_ATTRIBUTES'])]),
      cpu: facts.vcpus * 1024,
      memory:
        Math.floor(facts.memory * (1 - this.#systemPart())) - Number(config['ECS_RESERVED_MEMORY'] ?? 0),
      tags: tagsOf(config, machine),
      looksLeft: this.#lingers(),
    });
  }

  #add(
    given: Omit<ContainerInstance, 'id' | 'arn' | 'registeredAt' | 'agentConnected' | 'status' | 'hasEnded'>,
  ): ContainerInstance {
    const id = freshId();
    const arn = this.#state.arn('container-instance', `${given.cluster}/${id}`);
    const instance: ContainerInstance = {
      ...given,
      id,
      arn,
      registeredAt: now(),
      agentConnected: true,
      status: 'ACTIVE',
      hasEnded: false,
    };
    this.#state.instances.set(id, instance);
    return instance;
  }
}

/** The variables of `/etc/ecs/ecs.config` that cloud-init writes. */
export function agentConfiguration(userData: Buffer): Record<string, string> {
  const isGzip = userData[0] === 0x1f && userData[1] === 0x8b;
  const text = (isGzip ? gunzipSync(userData) : userData).toString();
  if (!text.startsWith('#cloud-config')) return {};
  const { write_files: files = [] } = parse(text) as {
    write_files?: readonly { path: string; content: string }[];
  };
  const content = files.findLast(({ path }) => path === '/etc/ecs/ecs.config')?.content ?? '';
  return Object.fromEntries(
    content.split('\n').flatMap((line) => {
      const [, name, value = ''] = /^(ECS_[A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
      return name === undefined ? [] : [[name, value]];
    }),
  );
}

function builtIn(facts: MachineFacts): [string, string][] {
  return Object.entries({
    'ecs.ami-id': facts.imageId,
    'ecs.availability-zone': facts.availabilityZone,
    'ecs.instance-type': facts.instanceType,
    'ecs.os-type': 'linux',
    'ecs.os-family': 'LINUX',
    'ecs.cpu-architecture': facts.architecture,
    'ecs.vpc-id': facts.vpcId,
    'ecs.subnet-id': facts.subnetId,
  });
}

const ownName = /^[\w.\-/\\]{1,128}$/;
const ownValue = /^[\w.\-/\\@:]([\w.\-/\\@: ]{0,126}[\w.\-/\\@:])?$/;

/** @throws what an agent ends with that cannot read them */
function ownAttributes(text: string | undefined): [string, string][] {
  const all = Object.entries(JSON.parse(text ?? '{}') as Record<string, string>);
  const wrong = all.find(([name, value]) => !ownName.test(name) || !ownValue.test(value));
  if (wrong || all.length > 10) {
    throw new Refusal('InvalidParameterException', `Invalid attributes: ${String(text)}`);
  }
  return all;
}

function tagsOf(config: Readonly<Record<string, string>>, machine: Machine): Tag[] {
  const own = JSON.parse(config['ECS_CONTAINER_INSTANCE_TAGS'] ?? '{}') as Record<string, string>;
  const propagated =
    config['ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM'] === 'ec2_instance' ? machine.tags : {};
  return Object.entries({ ...propagated, ...own }).map(([key, value]) => ({ key, value }));
}
