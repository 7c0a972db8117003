import type { Context } from './policy.js';

/** One thing that a caller must be allowed to do. */
export interface Requirement {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** The account of the stand-in. */
export const accountId = '123456789012';
