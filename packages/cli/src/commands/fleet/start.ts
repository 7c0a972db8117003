import { LoadwrightError, openFleet, type LoadTest } from '@loadwright/core';
import { resolveTestLoad } from '@loadwright/core/fleet';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { LoadedConfig } from '@loadwright/core/config';
import { createConfiguredTest } from '../../run/load-test.js';
import { addLoadFlags, loadConfiguration, type ConfigurationFlags } from '../../config/configuration.js';
import type { Context } from '../../shell/context.js';
import { withHint } from '../../config/with-hint.js';
import { interruptible } from '../../shell/interrupt.js';
import { examples } from '../../output/help.js';
import { describeLoad } from '../../output/load.js';
import { configuredFleet, findDeployedFleet } from '../../fleet/find-fleet.js';
import { addFleetOverrides, atPlace, type FleetFlags } from '../../fleet/fleet-flags.js';
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
        ['loadwright start 4f32386de5 --host http://chord.example', 'another of the hosts of the file'],
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
  const chosen = await chosenTest(loaded, context);
  const fleet = await configuredFleet(loaded, options, context, { command: 'start', reference });
  const deployed = await findDeployedFleet(fleet, reference, context);
  requireTimeLeft(deployed, durationSeconds, io.now());
  const { fleetId } = deployed;
  const opened = await openFleet(fleet, fleetId);
  // Flags of the target but its host change what a fleet is deployed with.
  if (chosen) await opened.requireSameBundle(chosen);
  const type = (command: string) => atPlace(`loadwright ${command}`, context, { besideLoad: true });
  const load = await interruptible(
    io,
    { onStop: () => context.note('stopping…'), abandoned: `end the load: ${type(`stop ${fleetId}`)}` },
    (signal) =>
      withHint(correct, () =>
        opened.start(loaded.config.load, { signal, ...(chosen && { host: chosen.host }) }),
      ).catch((error: unknown) => {
        throw signal.aborted ? mayHaveBegun(fleetId, type, error) : error;
      }),
  );
  if (context.json) context.printJson({ fleetId, load, ...(chosen && { host: chosen.host }) });
  else {
    context.print(
      `${colors.green('✓')} ${colors.bold(fleetId)}: ${describeLoad(load)}`,
      `  ${colors.dim('watch     ')}${type(`follow ${fleetId}`)}`,
      `  ${colors.dim('judge     ')}this load has no verdict; one that has: ${type(`run --on ${fleetId}`)}`,
    );
  }
  return exitCodes.pass;
}

/** The test of the file with its flags, where they leave a choice of the host; else the load goes wherever that before went. */
async function chosenTest(loaded: LoadedConfig, { io }: Context): Promise<LoadTest | undefined> {
  const isChosen = Object.entries(loaded.origins).some(
    ([path, origin]) => path.startsWith('target.') && /^(flag|environment) /.test(origin),
  );
  if (!isChosen && loaded.config.hosts === undefined) return undefined;
  return createConfiguredTest(loaded, { environment: io.environment });
}

/** The request may have reached the master before it was broken off. */
function mayHaveBegun(fleetId: string, type: (command: string) => string, cause: unknown): LoadwrightError {
  return new LoadwrightError(
    'ABORTED',
    `interrupted while the load on ${fleetId} was starting: it may be running`,
    {
      hint: `check: ${type(`status ${fleetId}`)}; end it: ${type(`stop ${fleetId}`)}`,
      cause,
    },
  );
}
