import type { Probe } from '../fleet/contract.js';
import type { TargetFactory } from '../target/contract.js';

/** What every check works with. */
export interface TargetSubject {
  readonly factory: TargetFactory;
  readonly definition: TargetFactory['definition'];
  /** Not validated. */
  readonly options: unknown;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly probe: Probe;
  readonly optionsWithSecret: ((secret: string) => readonly unknown[]) | undefined;
}
