import { printable } from '@loadwright/core/fleet';
import type { LogLine, OpenedFleet } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../../shell/context.js';
import { interruptible } from '../../shell/interrupt.js';
import { newLines } from '../../shell/new-lines.js';
import { examples } from '../../output/help.js';
import { openNamedFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

type LogFlags = FleetFlags & { readonly follow?: boolean };

type Lines = Readonly<Record<string, readonly string[]>>;

/** Time between two looks, in milliseconds: workers hand on their lines every few seconds. */
const interval = 1000;

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description('The log lines of the master and its workers.')
    .option('--follow', 'go on until Ctrl-C')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright logs 4f32386de5', 'what was logged so far'],
        ['loadwright logs 4f32386de5 --follow', 'and what comes'],
      ]),
    )
    .action(context.action((fleet: string, options: LogFlags) => logs(fleet, options, context)));
}

async function logs(reference: string, options: LogFlags, context: Context): Promise<ExitCode> {
  const fleet = await openNamedFleet(reference, options, context, 'logs');
  const first = byNode(await fleet.logs());
  if (context.json && !options.follow) {
    context.printJson({ fleetId: fleet.fleetId, lines: flat(first) });
    return exitCodes.pass;
  }
  print(first, context);
  if (options.follow) {
    await interruptible(context.io, { onStop: () => {}, abandoned: 'nothing to clean up' }, (signal) =>
      follow(fleet, first, context, signal),
    );
  }
  return exitCodes.pass;
}

async function follow(
  fleet: OpenedFleet,
  first: Lines,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  let before = first;
  while (await delay(interval, true, { signal }).catch(() => false)) {
    const now = byNode(await fleet.logs());
    print(
      Object.fromEntries(
        Object.entries(now).map(([node, lines]) => [node, newLines(before[node] ?? [], lines)]),
      ),
      context,
    );
    before = now;
  }
}

function byNode(logged: readonly LogLine[]): Lines {
  const lines: Record<string, string[]> = {};
  for (const { node, line } of logged) (lines[node] ??= []).push(line);
  return lines;
}

function flat(lines: Lines): { node: string; line: string }[] {
  return Object.entries(lines).flatMap(([node, own]) => own.map((line) => ({ node, line })));
}

/** With `--json` and `--follow` one document a line: there is no end that could close a list. */
function print(lines: Lines, { json, io, colors }: Context): void {
  for (const { node, line } of flat(lines)) {
    io.stdout.write(
      `${json ? JSON.stringify({ node, line }) : `${colors.dim(printable(node))} ${printable(line)}`}\n`,
    );
  }
}
