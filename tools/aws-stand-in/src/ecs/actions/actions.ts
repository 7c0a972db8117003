import type { Agents } from '../agents.js';
import type { Scheduler } from '../scheduler.js';
import type { EcsState } from '../state.js';

/** What the calls of ECS work on. */
export interface EcsWorld {
  readonly state: EcsState;
  readonly scheduler: Scheduler;
  readonly agents: Agents;
  /** How many of a list are on a page. */
  readonly pageSize: number;
}

export type Input = Readonly<Record<string, unknown>>;

/** By name of the call: what it does and answers. @throws Refusal */
export type Actions = Readonly<Record<string, (world: EcsWorld, input: Input) => object>>;
