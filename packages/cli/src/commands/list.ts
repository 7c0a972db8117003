import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { formatStandingRuns } from '../output/fleet.js';
import { examples } from '../output/help.js';
import { addFleetFlags, findFleet, type FleetFlags } from '../standing.js';

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description(
      'Every run of which something stands: its age, when it ends, its state, and what it cost so far; whose it is, where ' +
        'somebody else made one. States: starting, running, stopped, incomplete (no machine yet, or a deployment that broke ' +
        'off), orphaned (no machine), expired.',
    )
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright list', 'of the fleet of the configuration'],
        ['loadwright list --fleet ec2 --region eu-west-1', 'without a configuration file'],
      ]),
    )
    .action(context.action((options: FleetFlags) => list(options, context)));
}

async function list(options: FleetFlags, context: Context): Promise<ExitCode> {
  const fleet = await findFleet(options, context);
  const [runs, { description, caller }] = await Promise.all([fleet.lasting.list(), fleet.lasting.place()]);
  if (context.json) context.printJson(runs);
  else if (runs.length === 0) context.print(`No run stands in ${description}.`);
  else context.print(formatStandingRuns(runs, new Date(context.io.now()), context.colors, caller));
  return exitCodes.pass;
}
