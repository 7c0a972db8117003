import { setTimeout as delay } from 'node:timers/promises';
import { releaseAddress } from '../addresses.js';
import {
  now,
  type ContainerInstance,
  type ContainerOverride,
  type StopCode,
  type Tag,
  type Task,
  type TaskNetwork,
  type TaskDefinition,
} from './records.js';
import { CannotStart, type ContainerRuntime, type RunningTask } from './runtime.js';
import { freshId, type EcsState } from './state.js';

export interface NewTask {
  readonly cluster: string;
  readonly definition: TaskDefinition;
  readonly instance: ContainerInstance | undefined;
  readonly address: string;
  readonly group: string;
  readonly startedBy: string;
  readonly overrides?: readonly ContainerOverride[];
  readonly tags?: Tag[];
  readonly network?: TaskNetwork;
  readonly capacityProvider?: string;
}

/** How soon a task's end is followed by what follows from it, in milliseconds. */
const reactionMilliseconds = 50;

/** The lives of tasks, from their placement to their end. */
export class TaskLives {
  readonly #state: EcsState;
  readonly #runtime: () => ContainerRuntime;
  /** Told of a task that has ended; `didStart`: it was RUNNING before. */
  readonly #onStopped: (task: Task, didStart: boolean) => void;
  readonly #running = new Map<Task, RunningTask>();
  readonly #lives = new Set<Promise<void>>();
  #isClosed = false;

  constructor(
    state: EcsState,
    runtime: () => ContainerRuntime,
    onStopped: (task: Task, didStart: boolean) => void,
  ) {
    this.#state = state;
    this.#runtime = runtime;
    this.#onStopped = onStopped;
  }

  start({ overrides = [], tags = [], ...given }: NewTask): Task {
    const id = freshId();
    const task: Task = {
      ...given,
      id,
      arn: this.#state.arn('task', `${given.cluster}/${id}`),
      overrides,
      tags,
      createdAt: now(),
      launchType: given.instance ? 'EC2' : 'FARGATE',
      lastStatus: 'PROVISIONING',
      desiredStatus: 'RUNNING',
      exits: new Map(),
    };
    this.#state.tasks.set(id, task);
    const life = this.#live(task);
    this.#lives.add(life);
    void life.finally(() => this.#lives.delete(life));
    return task;
  }

  /** Asks a task to end. What it says of it stays; what it is asked again changes nothing. */
  stop(task: Task, stopCode: StopCode, stoppedReason: string): void {
    if (task.desiredStatus === 'STOPPED') return;
    Object.assign(task, { desiredStatus: 'STOPPED', stopCode, stoppedReason });
    if (task.lastStatus === 'RUNNING') task.lastStatus = 'STOPPING';
    void this.#running.get(task)?.stop();
  }

  /** The machine of these tasks has ended. */
  async lose(instance: ContainerInstance, stopCode: StopCode, reason: string): Promise<void> {
    const lost = [...this.#state.tasks.values()].filter((task) => task.instance === instance);
    await Promise.all(
      lost.map(async (task) => {
        if (task.desiredStatus !== 'STOPPED') {
          Object.assign(task, { desiredStatus: 'STOPPED', stopCode, stoppedReason: reason });
        }
        await this.#running.get(task)?.kill();
      }),
    );
  }

  /** ECS sees these tasks no more; their containers go on. */
  orphan(instance: ContainerInstance): void {
    for (const task of this.#state.tasks.values()) {
      if (task.instance !== instance || task.lastStatus === 'STOPPED') continue;
      task.stopCode ??= 'TerminationNotice';
      task.stoppedReason ??= `Host EC2 (instance ${instance.machineId}) deregistered.`;
      this.#hasStopped(task, task.lastStatus === 'RUNNING');
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#running.values()].map(({ kill }) => kill()));
    await Promise.all(this.#lives);
  }

  async #live(task: Task): Promise<void> {
    // The answer that says it is there comes first.
    await delay(1);
    if (this.#isClosed) return;
    task.lastStatus = 'PENDING';
    let running: RunningTask;
    try {
      running = await this.#runtime().start(task);
    } catch (error) {
      if (!(error instanceof CannotStart)) throw error;
      if (error.container !== undefined) task.exits.set(error.container, { reason: error.message });
      task.stopCode ??= 'TaskFailedToStart';
      task.stoppedReason ??= error.container === undefined ? error.message : 'Task failed to start';
      return this.#hasStopped(task, false);
    }
    this.#running.set(task, running);
    if (this.#isClosed) await running.kill();
    else if (task.desiredStatus === 'STOPPED') void running.stop();
    else {
      task.lastStatus = 'RUNNING';
      task.startedAt = now();
    }
    const didStart = task.startedAt !== undefined;
    const exits = await running.exited;
    this.#running.delete(task);
    for (const [name, exit] of exits) task.exits.set(name, exit);
    task.stopCode ??= 'EssentialContainerExited';
    task.stoppedReason ??= 'Essential container in task exited';
    await delay(reactionMilliseconds);
    this.#hasStopped(task, didStart);
  }

  #hasStopped(task: Task, didStart: boolean): void {
    if (task.lastStatus === 'STOPPED') return;
    Object.assign(task, { lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stoppedAt: now() });
    // A machine keeps its address; a task has its own.
    if (!task.instance) releaseAddress(task.address);
    if (!this.#isClosed) this.#onStopped(task, didStart);
  }
}
