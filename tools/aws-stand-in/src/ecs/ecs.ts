import { DescribeInstanceTypesCommand, type _InstanceType } from '@aws-sdk/client-ec2';
import type { Account } from '../account.js';
import type { Machine } from '../machine.js';
import { text, type XmlElement } from '../xml.js';
import { clusterActions } from './actions/clusters.js';
import { containerInstanceActions } from './actions/container-instances.js';
import { serviceActions } from './actions/services.js';
import { taskDefinitionActions } from './actions/task-definitions.js';
import { taskActions } from './actions/tasks.js';
import type { Actions } from './actions/actions.js';
import { AgentPermissions } from './agent-permissions.js';
import { agentConfiguration, Agents } from './agents.js';
import { jsonLayer } from './json-layer.js';
import { fargateNetwork } from './fargate-network.js';
import { logsLayer } from './logs.js';
import type { ContainerInstance, StopCode } from './records.js';
import { Ecr, type EcrBackground } from './registry/ecr.js';
import { Scheduler } from './scheduler.js';
import { EcsState } from './state.js';
import { Throttle } from './throttle.js';

const actions: Actions = {
  ...clusterActions,
  ...containerInstanceActions,
  ...serviceActions,
  ...taskDefinitionActions,
  ...taskActions,
};

/** ECS and ECR of an account: moto keeps records of them, and nothing happens in it. */
export class Ecs {
  readonly state: EcsState;
  readonly ecr: Ecr;
  readonly permissions: AgentPermissions;
  readonly #account: Account;
  readonly #scheduler: Scheduler;
  readonly #agents: Agents;
  readonly #throttle = new Throttle();
  readonly #types = new Map<string, Promise<{ vcpus: number; memory: number }>>();
  /** Agents that may not register: what their logs would say. */
  readonly refusals: string[] = [];

  constructor(account: Account, background: EcrBackground) {
    const { region, behaviour } = account;
    this.#account = account;
    this.state = new EcsState(region);
    this.ecr = new Ecr(region, background, () => behaviour.pageSize);
    this.#scheduler = new Scheduler(this.state, () => behaviour.containers);
    this.#agents = new Agents(this.state, this.#scheduler, {
      lingers: () => behaviour.registrationLooks,
      systemPart: () => behaviour.systemMemory,
      mayRegister: () => !behaviour.throttles || this.#throttle.takes('RegisterContainerInstance'),
    });
    this.permissions = new AgentPermissions(account, this.state, this.ecr);
  }

  get layers() {
    const ecs = jsonLayer('ecs', (action) => {
      const answer = actions[action];
      return answer && ((_, input) => this.#answer(action, answer, input));
    });
    return [
      this.permissions.layer,
      fargateNetwork(this.state),
      ecs,
      jsonLayer('ecr', (action) => this.ecr.answerOf(action)),
      logsLayer(this.#account),
    ];
  }

  /** @returns undefined for one call too many */
  #answer(action: string, answer: Actions[string], input: Readonly<Record<string, unknown>>) {
    if (this.#account.behaviour.throttles && !this.#throttle.takes(action, input)) return undefined;
    this.#agents.registerThose();
    const { pageSize, fargate } = this.#account.behaviour;
    const result = answer(
      { state: this.state, scheduler: this.#scheduler, agents: this.#agents, pageSize, fargate },
      input,
    );
    // A cluster that has just been made.
    this.#agents.registerThose();
    return result;
  }

  /** A machine of an image with an agent has come up. */
  async machineStarted(machine: Machine, instance: XmlElement): Promise<void> {
    const { ECS_CLUSTER: cluster = 'default' } = agentConfiguration(machine.userData);
    const denied = await this.permissions.deniedToAgent(machine.instanceProfile, cluster);
    if (denied !== undefined) {
      this.refusals.push(`${machine.id}: AccessDeniedException: not authorized to perform: ${denied}`);
      return;
    }
    const instanceType = text(instance, 'instanceType');
    this.#agents.start(machine, {
      instanceType,
      architecture: text(instance, 'architecture'),
      availabilityZone: text(instance, 'placement', 'availabilityZone'),
      imageId: text(instance, 'imageId'),
      subnetId: text(instance, 'subnetId'),
      vpcId: text(instance, 'vpcId'),
      ...(await this.#sizeOf(instanceType)),
    });
  }

  async machineEnded(id: string): Promise<void> {
    await this.#agents.end(id);
  }

  /** The container instance of a machine, once it has registered. */
  instanceOf(machineId: string): ContainerInstance | undefined {
    return this.#agents.ofMachine(machineId);
  }

  /** ECS hears nothing more of an agent; its tasks go on. */
  setAgentConnected(machineId: string, connected: boolean): void {
    const instance = this.instanceOf(machineId);
    if (instance) instance.agentConnected = connected;
  }

  /** AWS will take a spot machine back: whoever is asked to drain for it does. */
  spotNotice(machine: Machine): void {
    const drains = agentConfiguration(machine.userData)['ECS_ENABLE_SPOT_INSTANCE_DRAINING'] === 'true';
    this.#agents.spotNotice(machine.id, drains);
  }

  /** AWS ends tasks of its own accord, or somebody does in the console: those of these definitions. */
  endTasks(family: string, stopCode: StopCode, reason: string): void {
    for (const task of this.state.tasks.values()) {
      if (task.definition.family.endsWith(family)) this.#scheduler.tasks.stop(task, stopCode, reason);
    }
  }

  inventory(): string[] {
    return [...this.state.inventory(), ...this.ecr.repositories.inventory()];
  }

  async close(): Promise<void> {
    await this.#scheduler.tasks.close();
    await this.ecr.close();
  }

  #sizeOf(type: string): Promise<{ vcpus: number; memory: number }> {
    const { moto, direct } = this.#account;
    const size =
      this.#types.get(type) ??
      moto
        .unrestricted(() =>
          direct.ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] })),
        )
        .then(({ InstanceTypes: [found] = [] }) => ({
          vcpus: found?.VCpuInfo?.DefaultVCpus ?? 1,
          memory: found?.MemoryInfo?.SizeInMiB ?? 1024,
        }));
    this.#types.set(type, size);
    return size;
  }
}
