import { endedRequests, formatNumber } from '@loadwright/core/report';
import { isLoadRunning, LoadwrightError, type MasterStatistics, type OpenedFleet } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Command } from 'commander';
import type { Context } from '../../shell/context.js';
import { interruptible } from '../../shell/interrupt.js';
import { createLiveView } from '../../live/view.js';
import { examples } from '../../output/help.js';
import { describeTest, testDocument } from '../../output/load.js';
import { openNamedFleet } from '../../fleet/find-fleet.js';
import { addFleetFlags, atPlace, type FleetFlags } from '../../fleet/fleet-flags.js';

type FollowFlags = FleetFlags & { readonly live: boolean };

export function configure(command: Command, context: Context): void {
  addFleetFlags(command, context)
    .description(
      'Watch the load on a fleet until it ends. Ctrl-C ends the watching only (exit code 105): the load continues.',
    )
    .option('--no-live', 'plain lines instead of the live view')
    .addHelpText('after', examples(context, [['loadwright follow 4f32386de5', 'until the load ends']]))
    .action(context.action((fleet: string, options: FollowFlags) => follow(fleet, options, context)));
}

async function follow(reference: string, options: FollowFlags, context: Context): Promise<ExitCode> {
  const { io } = context;
  const fleet = await openNamedFleet(reference, options, context, 'follow');
  const { fleetId } = fleet;
  const before = await fleet.statistics();
  if (!isLoadRunning(before)) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `fleet: no load is running on ${fleetId} (${describeTest(before)})`,
      { hint: `start one: ${atPlace(`loadwright start ${fleetId}`, context, { besideLoad: true })}` },
    );
  }
  const view = createLiveView(io, context.json ? io.stderr : io.stdout, { live: options.live });
  view.onProgress({
    type: 'connected',
    workers: before.workers.length,
    expectedWorkers: fleet.handle.expectedWorkers,
  });
  view.onProgress({ type: 'phase', phase: 'load', state: 'started' });
  let detached = false;
  const last = await interruptible(
    io,
    {
      onStop: () => (detached = true),
      abandoned: `the load continues; to end it: ${atPlace(`loadwright stop ${fleetId}`, context)}`,
    },
    (signal) =>
      fleet.follow({
        signal,
        onSample: (sample, { load: { durationSeconds } }) =>
          view.onProgress({ type: 'sample', sample, durationSeconds, warmUpSeconds: 0 }),
      }),
  ).finally(() => view.close());
  return conclude(fleet, last, detached, context);
}

function conclude(
  { fleetId }: OpenedFleet,
  statistics: MasterStatistics,
  detached: boolean,
  context: Context,
): ExitCode {
  const { failed: failures } = statistics.total;
  const requests = endedRequests(statistics.total);
  if (context.json) {
    const { test } = statistics;
    const ended = !detached;
    context.printJson({ fleetId, ended, requests, failures, ...(test && { test: testDocument(test) }) });
  } else if (detached) {
    context.print(
      `detached: the load on ${fleetId} continues`,
      `  ${context.colors.dim('end it    ')}${atPlace(`loadwright stop ${fleetId}`, context)}`,
    );
  } else {
    context.print(
      `${context.colors.green('✓')} the load on ${fleetId} has ended: ${formatNumber(requests)} requests, ${formatNumber(failures)} failed`,
      `  ${context.colors.dim('next      ')}${atPlace(`loadwright results ${fleetId}`, context)}`,
    );
  }
  return detached ? exitCodes.aborted : exitCodes.pass;
}
