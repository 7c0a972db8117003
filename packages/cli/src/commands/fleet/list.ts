import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../../shell/context.js';
import { describeOthers, formatDeployedFleets } from '../../output/fleet.js';
import { exampleOf } from '../../fleet/fleet-kinds.js';
import { examples } from '../../output/help.js';
import { findDeployedFleets } from '../../fleet/find-fleet.js';
import { addFleetFlags, type FleetFlags } from '../../fleet/fleet-flags.js';

export function configure(command: Command, context: Context): void {
  const example = exampleOf(context.fleets);
  addFleetFlags(command, context)
    .description(
      'Every deployed fleet: its age, when it ends, its state, and its cost so far; its owner, where somebody else deployed ' +
        'one. States: starting, running (the machine; loadwright status shows whether its master answers), stopped, ' +
        'incomplete (no machine yet, or a deployment that broke off), orphaned (no machine), expired, other-version (left alone).',
    )
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright list', 'of the configuration, or of every place where this machine has deployed'],
        [`loadwright list ${example.flags}`, 'without a configuration file'],
      ]),
    )
    .action(context.action((options: FleetFlags) => list(options, context)));
}

async function list(options: FleetFlags, context: Context): Promise<ExitCode> {
  const { found, place, caller } = await findDeployedFleets(options, context, 'list');
  const fleets = found.map(({ deployed }) => deployed);
  if (context.json) context.printJson(fleets);
  else if (fleets.length === 0) context.print(`No fleet is deployed in ${place}.`);
  else {
    const { colors, io } = context;
    context.print(formatDeployedFleets(fleets, new Date(io.now()), colors, caller));
    for (const line of describeOthers(fleets, colors)) context.print(line);
  }
  return exitCodes.pass;
}
