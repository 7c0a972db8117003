import { exitCodes } from '@loadwright/core/exit-codes';
import { Command } from 'commander';
import type { FleetKinds } from '../fleet/fleet-kinds.js';
import { builtInFleets } from '../fleet/kinds.js';
import { asTyped } from '../output/as-typed.js';
import { colorsFor } from '../output/colors.js';
import { widthOf, wrapText } from '../output/wrap.js';
import type { Context } from './context.js';
import { givenOptions } from './given.js';
import type { CliIo } from './io.js';

export function createContext(
  argv: readonly string[],
  io: CliIo,
  run: Context['run'],
  fleets: FleetKinds = builtInFleets,
): Context {
  const context: Context = {
    io,
    fleets,
    run,
    colors: colorsFor(io.stdout, io.environment),
    errorColors: colorsFor(io.stderr, io.environment),
    json: argv.includes('--json'),
    given: new Map(),
    exitCode: exitCodes.pass,
    asTyped: asTyped(io),
    print: (...lines) => void io.stdout.write(context.asTyped(`${lines.join('\n')}\n`)),
    printText: (...lines) => context.print(wrapText(context.asTyped(lines.join('\n')), widthOf(io.stdout))),
    note: (...lines) => void io.stderr.write(context.asTyped(`${lines.join('\n')}\n`)),
    printJson: (document) => void io.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`),
    action:
      (handler) =>
      async (...values) => {
        // The command comes last.
        const command = values.at(-1);
        if (command instanceof Command) context.given = givenOptions(command);
        context.exitCode = await handler(...values);
      },
  };
  return context;
}
