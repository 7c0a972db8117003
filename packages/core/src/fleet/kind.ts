import type { z } from 'zod';
import type { Fleet, KnownFleetPlace } from './contract.js';

/** A flag of the command that sets an option of a fleet. Kinds that share one must mean the same by it. */
export interface FleetFlag {
  /** Name of the option: `instanceType`. */
  readonly option: string;
  /** As it is typed: `--instance-type`. */
  readonly flag: string;
  /** What it takes: `type`. */
  readonly value: string;
  /** For help, without a full stop. */
  readonly description: string;
  /** `place`: where fleets are, so every command on fleets takes it; `machines`: what is made, so only those that make one do. */
  readonly of: 'place' | 'machines';
  /** A value for the examples of help; of a place, where one must be given. */
  readonly example?: string;
}

/** What the command needs to know of a kind of fleet before it loads it. */
export interface FleetKind {
  /** `local`, `ec2`, …: what a configuration and `--fleet` call it. */
  readonly kind: string;
  /** Where the load comes from, for people: `EC2`. */
  readonly title: string;
  /** Its fleets outlive the command that deployed them. */
  readonly lasts: boolean;
  readonly flags: readonly FleetFlag[];
  load(): Promise<FleetKindModule>;
}

/** A kind of fleet that is loaded. */
export interface FleetKindModule {
  readonly create: (options: Readonly<Record<string, unknown>>) => Fleet;
  /** The fleets that were begun on this machine. Absent: they end with the process that made them. */
  readonly known?: (options: {
    readonly environment: Readonly<Record<string, string | undefined>>;
  }) => Promise<readonly KnownFleetPlace[]>;
  /** What {@link create} takes. */
  readonly optionsSchema: z.ZodType;
}
