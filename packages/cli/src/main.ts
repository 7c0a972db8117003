import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { createCautiousRedactor } from '@loadwright/core/text';
import { CommanderError } from 'commander';
import { type Context } from './shell/context.js';
import { createContext } from './shell/create-context.js';
import type { FleetKinds } from './fleet/fleet-kinds.js';
import { endedBySignals } from './shell/interrupt.js';
import type { CliIo } from './shell/io.js';
import { describeError, formatError } from './output/errors.js';
import { safeIo } from './output/safe-stream.js';
import { tellingWaits } from './output/waits.js';
import { widthOf } from './output/wrap.js';
import { createProgram } from './program.js';

export type { CliIo, OutputStream, StopSignal } from './shell/io.js';

/**
 * The command `loadwright`.
 *
 * @param argv The arguments after the command's own name.
 * @param fleets The kinds of fleets. Default: those that come with Loadwright.
 * @returns the exit code; never throws and never ends the process.
 */
export async function main(argv: readonly string[], world: CliIo, fleets?: FleetKinds): Promise<ExitCode> {
  const io = safeIo(world);
  const context = createContext(argv, io, (others, its) => main(others, its, fleets), fleets);
  try {
    const program = await createProgram(argv, context);
    if (argv.length === 0) program.outputHelp();
    else
      await endedBySignals(
        io,
        tellingWaits((line) => context.note(line), program.parseAsync(argv, { from: 'user' })),
      );
    return context.exitCode;
  } catch (error) {
    return report(error, context);
  }
}

function report(error: unknown, context: Context): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
  const { asTyped, given } = context;
  const { stderr, environment } = context.io;
  const trace = isOn(environment['LOADWRIGHT_DEBUG']) ? createCautiousRedactor(environment) : undefined;
  stderr.write(formatError(error, context.errorColors, { trace, columns: widthOf(stderr), asTyped, given }));
  const document = describeError(error, given);
  if (context.json) context.printJson(document);
  return document.error.exitCode;
}

/** As people switch variables off: `0`, `false`, `no`, `off`, or nothing. */
function isOn(variable: string | undefined): boolean {
  return !/^(|0|false|no|off)$/i.test(variable ?? '');
}
