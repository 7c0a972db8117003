import { askStanding, isLoaded, masterOf } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { examples } from '../output/help.js';
import { describeTest } from '../output/load.js';
import { addFleetFlags, findFleet, findStandingRun, type FleetFlags } from '../standing.js';

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description('End the load of a run. Its machines stay: the next load can be started at once.')
    .addHelpText('after', examples(context, [['loadwright stop 4f32386de5', 'the load, not the machine']]))
    .action(context.action((run: string, options: FleetFlags) => stop(run, options, context)));
}

async function stop(reference: string, options: FleetFlags, context: Context): Promise<ExitCode> {
  const { colors } = context;
  const fleet = await findFleet(options, context, { command: 'stop', run: reference });
  const { runId } = await findStandingRun(fleet, reference);
  const handle = await fleet.attach(runId);
  const master = masterOf(handle);
  const before = await askStanding(handle, (signal) => master.statistics({ signal }));
  const stopped = isLoaded(before);
  // Also when none is seen: one may begin this very moment.
  await master.stop();
  if (context.json) context.printJson({ runId, stopped });
  else if (!stopped) {
    context.print(`no load was under way on ${runId} (${describeTest(before)}); its machines go on`);
  } else {
    context.print(
      `${colors.green('✓')} the load of ${runId} is stopped; its machines go on`,
      `  ${colors.dim('next      ')}loadwright results ${runId}, loadwright run --on ${runId}, or loadwright destroy ${runId}`,
    );
  }
  return exitCodes.pass;
}
