import { printable } from '@loadwright/core/fleet';
import type { FleetNode, LogLine } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { Option, type Command } from 'commander';
import type { Context } from '../../shell/context.js';
import { interruptible } from '../../shell/interrupt.js';
import { examples } from '../../output/help.js';
import { openNamedFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

type LogFlags = FleetFlags & { readonly follow?: boolean; readonly role?: FleetNode['role'] };

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description('The log lines of the master and its workers.')
    .option('--follow', 'go on until Ctrl-C, or until the fleet is gone')
    .addOption(new Option('--role <side>', 'only the lines of this side').choices(['master', 'worker']))
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright logs 4f32386de5', 'what was logged so far'],
        ['loadwright logs 4f32386de5 --follow --role worker', 'that of the workers, and what comes'],
      ]),
    )
    .action(context.action((fleet: string, options: LogFlags) => logs(fleet, options, context)));
}

async function logs(reference: string, options: LogFlags, context: Context): Promise<ExitCode> {
  const fleet = await openNamedFleet(reference, options, context, 'logs');
  const chosen = { ...(options.role && { role: options.role }) };
  if (options.follow) {
    await interruptible(
      context.io,
      { onStop: () => {}, abandoned: 'nothing to clean up' },
      async (signal) => {
        for await (const line of fleet.followLogs({ ...chosen, signal })) print(line, context);
        if (!signal.aborted) context.note(`Fleet ${fleet.fleetId} is gone: these were its last lines.`);
      },
    );
    return exitCodes.pass;
  }
  const lines = await fleet.logs(chosen);
  if (context.json) context.printJson({ fleetId: fleet.fleetId, lines });
  else for (const line of lines) print(line, context);
  return exitCodes.pass;
}

/** With `--json` and `--follow` one document a line: there is no end that could close a list. */
function print({ node, line }: LogLine, { json, io, colors }: Context): void {
  io.stdout.write(
    `${json ? JSON.stringify({ node, line }) : `${colors.dim(printable(node))} ${printable(line)}`}\n`,
  );
}
