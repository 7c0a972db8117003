import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { builtInFleets, type FleetKinds } from '../fleet/kinds.js';
import type { CliIo } from './io.js';
import { asTyped } from '../output/as-typed.js';
import { colorsFor, type Colors } from '../output/colors.js';
import { widthOf, wrapText } from '../output/wrap.js';

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
  /** Makes an action of commander out of a function that gives the exit code. */
  action<Arguments extends unknown[]>(
    handler: (...values: Arguments) => Promise<ExitCode>,
  ): (...values: Arguments) => Promise<void>;
}

export function createContext(
  argv: readonly string[],
  io: CliIo,
  fleets: FleetKinds = builtInFleets,
): Context {
  const context: Context = {
    io,
    fleets,
    colors: colorsFor(io.stdout, io.environment),
    errorColors: colorsFor(io.stderr, io.environment),
    json: argv.includes('--json'),
    exitCode: exitCodes.pass,
    asTyped: asTyped(io.environment),
    print: (...lines) => void io.stdout.write(context.asTyped(`${lines.join('\n')}\n`)),
    printText: (...lines) => context.print(wrapText(context.asTyped(lines.join('\n')), widthOf(io.stdout))),
    note: (...lines) => void io.stderr.write(context.asTyped(`${lines.join('\n')}\n`)),
    printJson: (document) => void io.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`),
    action:
      (handler) =>
      async (...values) => {
        context.exitCode = await handler(...values);
      },
  };
  return context;
}
