import type { Fleet, LoadTest, RunReport, ValidityRuleId } from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Context } from './context.js';
import { interruptible } from './interrupt.js';
import { createLiveView } from './live/view.js';
import { formatReport } from './output/report.js';
import { observed } from './planning.js';
import { isLasting } from './standing.js';

/** How a run is carried out and shown. */
export interface CarryOutOptions {
  readonly fleet: Fleet;
  readonly resultsDirectory: string;
  /** False: plain lines even on a terminal. */
  readonly live: boolean;
  readonly tolerate: readonly ValidityRuleId[];
  /** Leave the fleet standing. Default false. */
  readonly keepFleet?: boolean;
}

/** Runs a load test with a live view, and prints what it found. */
export async function carryOut(
  context: Context,
  test: LoadTest,
  options: CarryOutOptions,
): Promise<ExitCode> {
  const { io } = context;
  const { resultsDirectory, tolerate, keepFleet = false } = options;
  let runId = '';
  const fleet = observed(options.fleet, (request) => (runId = request.runId));
  const view = createLiveView(io, context.json ? io.stderr : io.stdout, { live: options.live });
  let stopped = false;
  const report = await interruptible(
    io,
    {
      onStop: (signal) => {
        stopped = true;
        view.say(
          `stopping (${signal}): the load ends, what was measured is kept, the fleet is ${keepFleet ? 'kept' : 'removed'}; press Ctrl-C again to leave at once`,
        );
      },
      get abandoned() {
        return isLasting(fleet)
          ? `finish the clean-up: loadwright destroy ${runId}`
          : `nothing to clean up: the processes of a ${fleet.kind} fleet end with this command`;
      },
    },
    (signal) =>
      test.run({ fleet, signal, onProgress: view.onProgress, resultsDirectory, tolerate, keepFleet }),
  ).finally(() => view.close());
  printReport(context, report);
  if (keepFleet) {
    context.note(
      `The fleet of ${runId} stands. Load it again: loadwright start ${runId}. Remove it: loadwright destroy ${runId}`,
    );
  }
  // Also when the load was over already: whoever stopped it is told that it was stopped.
  return stopped ? exitCodes.aborted : exitCodeOfReport(report);
}

/** The report on stdout: as JSON, or for people with the next step. */
export function printReport(context: Context, report: RunReport): void {
  if (context.json) return context.printJson(report);
  const { colors } = context;
  const next = report.aborted
    ? 'The run was stopped early, so it says nothing for certain: loadwright run'
    : `loadwright report ${report.runId} --open`;
  context.print('', formatReport(report, colors).trimEnd(), `  ${colors.dim('next      ')}${next}`);
}

function exitCodeOfReport({ aborted, verdict }: RunReport): ExitCode {
  if (aborted) return exitCodes.aborted;
  return { PASS: exitCodes.pass, FAIL: exitCodes.thresholdFailed, INVALID: exitCodes.invalid }[verdict];
}
