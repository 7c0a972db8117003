import {
  endedRequests,
  askStanding,
  followTest,
  isLoaded,
  LoadwrightError,
  masterOf,
  redactorOf,
  redactStrings,
  type MasterStatistics,
} from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { interruptible } from '../interrupt.js';
import { createLiveView } from '../live/view.js';
import { formatCount } from '../output/format.js';
import { examples } from '../output/help.js';
import { describeTest, testDocument } from '../output/load.js';
import { addFleetFlags, findFleet, findStandingRun, type FleetFlags } from '../standing.js';

type AttachFlags = FleetFlags & { readonly live: boolean };

export function configure(command: Command, context: Context): void {
  addFleetFlags(command)
    .description(
      'Watch the load of a run until it ends. Ctrl-C only ends the watching (exit code 105): the load goes on.',
    )
    .option('--no-live', 'plain lines instead of the live view')
    .addHelpText('after', examples(context, [['loadwright attach 4f32386de5', 'until the load ends']]))
    .action(context.action((run: string, options: AttachFlags) => attach(run, options, context)));
}

async function attach(reference: string, options: AttachFlags, context: Context): Promise<ExitCode> {
  const { io } = context;
  const fleet = await findFleet(options, context, { command: 'attach', run: reference });
  const { runId } = await findStandingRun(fleet, reference);
  const handle = await fleet.attach(runId);
  const master = masterOf(handle);
  const before = await askStanding(handle, (signal) => master.statistics({ signal }));
  if (!isLoaded(before)) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `run: no load is under way on ${runId} (${describeTest(before)})`,
      {
        hint: `start one: loadwright start ${runId}`,
      },
    );
  }
  const view = createLiveView(io, context.json ? io.stderr : io.stdout, { live: options.live });
  view.onProgress({
    type: 'connected',
    workers: before.workers.length,
    expectedWorkers: handle.expectedWorkers,
  });
  view.onProgress({ type: 'phase', phase: 'load', state: 'started' });
  let detached = false;
  const last = await interruptible(
    io,
    { onStop: () => (detached = true), abandoned: `the load goes on; to end it: loadwright stop ${runId}` },
    (signal) =>
      followTest(master, {
        signal,
        onSample: (sample, { load: { durationSeconds } }) =>
          view.onProgress({ type: 'sample', sample, durationSeconds, warmUpSeconds: 0 }),
      }),
  ).finally(() => view.close());
  return conclude(runId, redactStrings(last, redactorOf(handle)), detached, context);
}

function conclude(
  runId: string,
  statistics: MasterStatistics,
  detached: boolean,
  context: Context,
): ExitCode {
  const { failed: failures } = statistics.total;
  const requests = endedRequests(statistics.total);
  if (context.json) {
    const { test } = statistics;
    const ended = !detached;
    context.printJson({ runId, ended, requests, failures, ...(test && { test: testDocument(test) }) });
  } else if (detached) {
    context.print(
      `detached: the load of ${runId} goes on`,
      `  ${context.colors.dim('end it    ')}loadwright stop ${runId}`,
    );
  } else {
    context.print(
      `${context.colors.green('✓')} the load of ${runId} has ended: ${formatCount(requests)} requests, ${formatCount(failures)} failed`,
      `  ${context.colors.dim('next      ')}loadwright results ${runId}`,
    );
  }
  return detached ? exitCodes.aborted : exitCodes.pass;
}
