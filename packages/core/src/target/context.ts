import type { JsonObject } from '../values/json.js';

/** One statement of an IAM policy, as AWS spells it. */
export interface IamStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: JsonObject;
}

/** What surrounds a target's calls. */
export interface TargetContext {
  /** The caller's environment; read variables from here, never from `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths in the options start from. */
  readonly baseDirectory: string;
  readonly signal: AbortSignal;
}
