import {
  askStanding,
  LoadwrightError,
  masterOf,
  requireIdle,
  resolveTestLoad,
  waitForWorkers,
} from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import { addLoadFlags, loadConfiguration, type ConfigurationFlags } from '../configuration.js';
import type { Context } from '../context.js';
import { hinted } from '../hinted.js';
import { interruptible } from '../interrupt.js';
import { examples } from '../output/help.js';
import { describeLoad } from '../output/load.js';
import { addFleetOverrides, configuredFleet, findStandingRun, type FleetFlags } from '../standing.js';
import { requireTimeLeft } from '../time-left.js';

type StartFlags = ConfigurationFlags & FleetFlags;

export function configure(command: Command, context: Context): void {
  addFleetOverrides(addLoadFlags(command))
    .description(
      'Start the load of the configuration on a run that stands. It ends by itself when its time is over, whether ' +
        'anybody watches or not. Nothing is judged: a test with thresholds, verdict and report is loadwright run --on.',
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
    .action(context.action((run: string, options: StartFlags) => start(run, options, context)));
}

async function start(reference: string, options: StartFlags, context: Context): Promise<ExitCode> {
  const { io, colors } = context;
  const loaded = await loadConfiguration(options, io, 'start');
  const loadFor = (workers: number) =>
    hinted(`correct the load of ${loaded.file}, or the flags: loadwright start --help`, () =>
      resolveTestLoad(loaded.config.load, workers),
    );
  // Before the account is asked anything: what is wrong in it needs no answer.
  const { durationSeconds } = await loadFor(1);
  const fleet = await configuredFleet(loaded, options, context, { command: 'start', run: reference });
  const run = await findStandingRun(fleet, reference);
  requireTimeLeft(run, durationSeconds, io.now());
  const { runId } = run;
  const handle = await fleet.attach(runId);
  const load = await loadFor(handle.expectedWorkers);
  const master = masterOf(handle);
  requireIdle(await askStanding(handle, (signal) => master.statistics({ signal })), runId);
  await interruptible(
    io,
    { onStop: () => context.note('stopping…'), abandoned: `end the load: loadwright stop ${runId}` },
    async (signal) => {
      await waitForWorkers(master, handle, { signal });
      await master.swarm({ load }, signal).catch((error: unknown) => {
        throw signal.aborted ? mayHaveBegun(runId, error) : error;
      });
    },
  );
  if (context.json) context.printJson({ runId, load });
  else {
    context.print(
      `${colors.green('✓')} ${colors.bold(runId)}: ${describeLoad(load)}`,
      `  ${colors.dim('watch     ')}loadwright attach ${runId}`,
      `  ${colors.dim('judge     ')}this load has no verdict; one that has: loadwright run --on ${runId}`,
    );
  }
  return exitCodes.pass;
}

/** The master may have been told before the request to it was broken off. */
function mayHaveBegun(runId: string, cause: unknown): LoadwrightError {
  return new LoadwrightError('ABORTED', `stopped while the load of ${runId} was started: it may have begun`, {
    hint: `look: loadwright status ${runId}; end it: loadwright stop ${runId}`,
    cause,
  });
}
