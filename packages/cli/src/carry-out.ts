import {
  createRunId,
  type Fleet,
  type LoadTest,
  type RunReport,
  type ValidityRuleId,
} from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Context } from './context.js';
import { interruptible } from './interrupt.js';
import { createLiveView } from './live/view.js';
import { formatCostLine } from './output/fleet.js';
import { formatReport } from './output/report.js';
import { isLasting, mayStandAfter } from './standing.js';

/** How a run is carried out and shown. */
export interface CarryOutOptions {
  readonly fleet: Fleet;
  readonly resultsDirectory: string;
  /** False: plain lines even on a terminal. */
  readonly live: boolean;
  readonly tolerate: readonly ValidityRuleId[];
  /** Leave the fleet standing. Default false. */
  readonly keepFleet?: boolean;
  /** The run id of a fleet that stands, where the test is made. Default: one is made for it. */
  readonly on?: string | undefined;
}

/** Runs a load test with a live view, and prints what it found. */
export async function carryOut(
  context: Context,
  test: LoadTest,
  options: CarryOutOptions,
): Promise<ExitCode> {
  const { io } = context;
  const { fleet, resultsDirectory, tolerate, keepFleet = false, on } = options;
  const runId = createRunId();
  const fate = on !== undefined ? 'stays' : keepFleet ? 'is kept' : 'is removed';
  const view = createLiveView(io, context.json ? io.stderr : io.stdout, { live: options.live });
  let stopped = false;
  let mayStand = false;
  let judged: RunReport | undefined;
  const report = await interruptible(
    io,
    {
      onStop: (signal) => {
        stopped = true;
        view.say(
          `stopping (${signal}): the load ends, what was measured is kept, the fleet ${fate}; press Ctrl-C again to leave at once`,
        );
      },
      abandoned: abandoned(fleet, runId, on),
      remaining: () => (mayStand && isLasting(fleet) ? [runId] : []),
    },
    (signal) =>
      test.run({
        ...{ fleet, runId, signal, resultsDirectory, tolerate, keepFleet },
        onProgress: (event) => {
          mayStand = mayStandAfter(event, mayStand);
          if (event.type === 'report') judged = event.report;
          const cost = event.type === 'plan' ? formatCostLine(event.plan) : undefined;
          if (cost !== undefined) view.say(cost);
          view.onProgress(event);
        },
        ...(on !== undefined && { on }),
      }),
  )
    .finally(() => view.close())
    .catch((error: unknown) => {
      // What was measured is worth reading, whatever the removal left. With --json stdout is the error's.
      if (judged && context.json) context.note(formatReport(judged, context.errorColors));
      else if (judged) printReport(context, judged);
      throw error;
    });
  printReport(context, report);
  const standing = on ?? (keepFleet ? runId : undefined);
  if (standing !== undefined) {
    context.note(
      `The fleet of ${standing} stands. The next test: loadwright run --on ${standing}. Remove it: loadwright destroy ${standing}`,
    );
  }
  // Also when the load was over already: whoever stopped it is told that it was stopped.
  return stopped ? exitCodes.aborted : exitCodeOfReport(report);
}

/** What to do after nobody waited for the end. */
function abandoned(fleet: Fleet, runId: string, on: string | undefined): string {
  if (on !== undefined) return `the load may go on: loadwright stop ${on}`;
  return isLasting(fleet)
    ? `finish the clean-up: loadwright destroy ${runId}`
    : `nothing to clean up: the processes of a ${fleet.kind} fleet end with this command`;
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
