import type { Task } from './records.js';

/** A task whose containers run. */
export interface RunningTask {
  /** Settles when its first essential container has ended, and with it all; by the name of a container. */
  readonly exited: Promise<ReadonlyMap<string, { readonly exitCode?: number; readonly reason?: string }>>;
  /** Asks the containers to end, as the agent does: SIGTERM, and SIGKILL after the stop time-out. */
  readonly stop: () => Promise<unknown>;
  /** Ends them as when the power is cut. */
  readonly kill: () => Promise<unknown>;
}

/** Why a task does not start: the reason as ECS shows it. */
export class CannotStart extends Error {
  /** Of the container that fails; undefined: of the task before it has containers. */
  readonly container: string | undefined;

  constructor(reason: string, container?: string) {
    super(reason);
    this.container = container;
  }
}

/** What an agent starts tasks with. */
export interface ContainerRuntime {
  /** Settles when the containers run. @throws CannotStart */
  readonly start: (task: Task) => Promise<RunningTask>;
}

/** Containers in which nothing happens until somebody ends them. */
export const idleContainers: ContainerRuntime = {
  start: async () => {
    let end: (exits: ReadonlyMap<string, { exitCode: number }>) => void = () => {};
    const exited = new Promise<ReadonlyMap<string, { exitCode: number }>>((resolve) => (end = resolve));
    const stop = async () => end(new Map());
    return { exited, stop, kill: stop };
  },
};
