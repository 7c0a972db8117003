import type { Agents } from '../agents.js';
import type { Scheduler } from '../scheduler.js';
import type { EcsState } from '../state.js';

/** What Fargate has and allows. */
export interface FargateLimits {
  /** How many tasks have a place at the same time. */
  readonly places: number;
  /** vCPUs that may be used at the same time. */
  readonly onDemand: number;
  readonly spot: number;
}

/** What the calls of ECS work on. */
export interface EcsWorld {
  readonly state: EcsState;
  readonly scheduler: Scheduler;
  readonly agents: Agents;
  /** How many of a list are on a page. */
  readonly pageSize: number;
  /** What Fargate has and allows. */
  readonly fargate: FargateLimits;
}

export type Input = Readonly<Record<string, unknown>>;

/** By name of the call: what it does and answers. @throws Refusal */
export type Actions = Readonly<Record<string, (world: EcsWorld, input: Input) => object>>;
