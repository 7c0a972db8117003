import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../../shell/context.js';
import { examples } from '../../output/help.js';
import { describeTest } from '../../output/load.js';
import { openNamedFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, atPlace, type FleetFlags } from '../../fleet/fleet-flags.js';

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description('End the load on a fleet. The fleet stays: the next load can be started at once.')
    .addHelpText('after', examples(context, [['loadwright stop 4f32386de5', 'the load, not the fleet']]))
    .action(context.action((fleet: string, options: FleetFlags) => stop(fleet, options, context)));
}

async function stop(reference: string, options: FleetFlags, context: Context): Promise<ExitCode> {
  const { colors } = context;
  const fleet = await openNamedFleet(reference, options, context, 'stop');
  const { fleetId } = fleet;
  const next = [
    atPlace(`loadwright results ${fleetId}`, context),
    atPlace(`loadwright run --on ${fleetId}`, context, { besideLoad: true }),
    `or ${atPlace(`loadwright destroy ${fleetId}`, context)}`,
  ];
  const { before, wasRunning } = await fleet.stop();
  if (context.json) context.printJson({ fleetId, stopped: wasRunning });
  else if (!wasRunning) {
    context.print(`no load was running on ${fleetId} (${describeTest(before)}); the fleet stays`);
  } else {
    context.print(
      `${colors.green('✓')} the load on ${fleetId} is stopped; the fleet stays`,
      `  ${colors.dim('next      ')}${next.join(', ')}`,
    );
  }
  return exitCodes.pass;
}
