import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { formatStandingRuns } from '../output/fleet.js';
import { examples } from '../output/help.js';
import { addFleetFlags, findStandingRuns, type FleetFlags } from '../standing.js';

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description(
      'Every run of which something stands: its age, when it ends, its state, and what it cost so far; whose it is, where ' +
        'somebody else made one. States: starting, running (the machine is; whether its master answers, says loadwright status), ' +
        'stopped, incomplete (no machine yet, or a deployment that broke off), orphaned (no machine), expired.',
    )
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright list', 'of the fleet of the configuration, or where this machine has made runs'],
        ['loadwright list --fleet ec2 --region eu-west-1', 'without a configuration file'],
      ]),
    )
    .action(context.action((options: FleetFlags) => list(options, context)));
}

async function list(options: FleetFlags, context: Context): Promise<ExitCode> {
  const { found, place, caller } = await findStandingRuns(options, context, 'list');
  const runs = found.map(({ run }) => run);
  if (context.json) context.printJson(runs);
  else if (runs.length === 0) context.print(`No run stands in ${place}.`);
  else context.print(formatStandingRuns(runs, new Date(context.io.now()), context.colors, caller));
  return exitCodes.pass;
}
