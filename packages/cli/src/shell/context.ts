import type { ExitCode } from '@loadwright/core/exit-codes';
import type { FleetKinds } from '../fleet/fleet-kinds.js';
import type { Colors } from '../output/colors.js';
import type { GivenOptions } from './given.js';
import type { CliIo } from './io.js';

/** What a command works with. */
export interface Context {
  readonly io: CliIo;
  /** The fleets that there are. */
  readonly fleets: FleetKinds;
  /** Colours for stdout. */
  readonly colors: Colors;
  /** Colours for stderr. */
  readonly errorColors: Colors;
  /** True with `--json`: stdout carries exactly one JSON document. */
  readonly json: boolean;
  /** The options of the command, as they were given: for commands that are printed. */
  given: GivenOptions;
  /** The exit code that the command has given itself. */
  exitCode: ExitCode;
  /** A text for people in which commands stand as this user must type them. */
  asTyped(text: string): string;
  /** Prints lines on stdout. */
  print(...lines: readonly string[]): void;
  /** Prints lines of prose on stdout, no wider than the terminal. */
  printText(...lines: readonly string[]): void;
  /** Prints lines for people that are not the result: on stderr. */
  note(...lines: readonly string[]): void;
  /** Prints the one JSON document. */
  printJson(document: unknown): void;
  /** Carries out another command, on the same fleets, in a world of its own. */
  run(argv: readonly string[], world: CliIo): Promise<ExitCode>;
  /** Makes an action of commander out of a function that gives the exit code. */
  action<Arguments extends unknown[]>(
    handler: (...values: Arguments) => Promise<ExitCode>,
  ): (...values: Arguments) => Promise<void>;
}
