import type { TargetContext } from './context.js';

/** A body of the load that a service fetches from a store by itself. */
export interface StagedInput {
  /** Number of its payload in the bundle, from 1: the Python files know it as `body.row`. */
  readonly row: number;
  readonly content: Buffer;
  /** Undefined: the target's own. */
  readonly contentType: string | undefined;
}

/** What surrounds the staging of inputs. */
export interface StagingContext extends TargetContext {
  /** The payloads of the bundle. */
  readonly inputs: () => AsyncIterable<StagedInput>;
  /** Of the run whose inputs they are: others may not take their place. */
  readonly runId: string;
  /** When the run is over at the latest: what is found of it then was left behind. */
  readonly until: Date;
}

/** Inputs that are in their place. */
export interface StagedInputs {
  /** One line for people: how many, and where. */
  readonly summary: string;
  /** Removes them, and looks again. Called once, also after a failed or interrupted run. @returns what is left, one line each. */
  remove(): Promise<readonly string[]>;
}
