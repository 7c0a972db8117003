import type { Fleet, KnownFleetPlace } from '@loadwright/core';
import type { CliIo } from '../shell/io.js';

/** A kind of fleet. */
export interface FleetKind {
  readonly create: (options: Readonly<Record<string, unknown>>) => Fleet;
  /** The fleets that were begun on this machine. Absent: its fleets end with the process that made them. */
  readonly known?: (options: Pick<CliIo, 'environment'>) => Promise<readonly KnownFleetPlace[]>;
}

/** The kinds of fleets, each loaded when it is asked for. */
export type FleetKinds = Readonly<Record<string, () => Promise<FleetKind>>>;
