import { LoadwrightError, openFleet } from '@loadwright/core';
import { resolveTestLoad } from '@loadwright/core/fleet';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { addLoadFlags, loadConfiguration, type ConfigurationFlags } from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import { withHint } from '../../config/with-hint.js';
import { interruptible } from '../../shell/interrupt.js';
import { examples } from '../../output/help.js';
import { describeLoad } from '../../output/load.js';
import { configuredFleet, findDeployedFleet } from '../../fleet/find-fleet.js';
import { addFleetOverrides, type FleetFlags } from '../../fleet/fleet-flags.js';
import { requireTimeLeft } from '../../fleet/time-left.js';

type StartFlags = ConfigurationFlags & FleetFlags;

export function configure(command: Command, context: Context): void {
  addFleetOverrides(addLoadFlags(command), context)
    .description(
      'Start the load of the configuration on a deployed fleet. It ends by itself when its time is over, whether ' +
        'anybody watches or not. Nothing is judged: for thresholds, verdict and report use loadwright run --on.',
    )
    .option('--json', 'one JSON document on stdout, everything else on stderr')
    .addHelpText(
      'after',
      examples(context, [
        ['loadwright start 4f32386de5', 'as the file says'],
        ['loadwright start 4f32386de5 --users 200 --spawn-rate 10', 'other users'],
        ['loadwright start 4f32386de5 --arrival-rate 500/s', 'requests at a rate'],
      ]),
    )
    .action(context.action((fleet: string, options: StartFlags) => start(fleet, options, context)));
}

async function start(reference: string, options: StartFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const loaded = await loadConfiguration(options, io, 'start');
  const correct = `correct the load of ${loaded.file}, or the flags: loadwright start --help`;
  // Before the account is asked anything: what is wrong in it needs no answer.
  const { durationSeconds } = await withHint(correct, () => resolveTestLoad(loaded.config.load, 1));
  const fleet = await configuredFleet(loaded, options, context, { command: 'start', reference });
  const deployed = await findDeployedFleet(fleet, reference, context);
  requireTimeLeft(deployed, durationSeconds, io.now());
  const { fleetId } = deployed;
  const opened = await openFleet(fleet, fleetId);
  const load = await interruptible(
    io,
    { onStop: () => context.note('stopping…'), abandoned: `end the load: loadwright stop ${fleetId}` },
    (signal) =>
      withHint(correct, () => opened.start(loaded.config.load, { signal })).catch((error: unknown) => {
        throw signal.aborted ? mayHaveBegun(fleetId, error) : error;
      }),
  );
  if (context.json) context.printJson({ fleetId, load });
  else {
    context.print(
      `${colors.green('✓')} ${colors.bold(fleetId)}: ${describeLoad(load)}`,
      `  ${colors.dim('watch     ')}loadwright follow ${fleetId}`,
      `  ${colors.dim('judge     ')}this load has no verdict; one that has: loadwright run --on ${fleetId}`,
    );
  }
  return exitCodes.pass;
}

/** The request may have reached the master before it was broken off. */
function mayHaveBegun(fleetId: string, cause: unknown): LoadwrightError {
  return new LoadwrightError(
    'ABORTED',
    `interrupted while the load on ${fleetId} was starting: it may be running`,
    {
      hint: `check: loadwright status ${fleetId}; end it: loadwright stop ${fleetId}`,
      cause,
    },
  );
}
