import {
  createRunId,
  printable,
  redactStrings,
  type Fleet,
  type FleetPlan,
  type LoadTest,
  type RunReport,
  type StandingRun,
  type TolerableRuleId,
} from '@loadwright/core';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import type { Context } from './context.js';
import { interruptible } from './interrupt.js';
import { createLiveView } from './live/view.js';
import { formatCostLine, formatEnd, formatEstimatedCost } from './output/fleet.js';
import { formatReport } from './output/report.js';
import { isLasting, lookUpRun, mayStandAfter } from './standing.js';

/** How a run is carried out and shown. */
export interface CarryOutOptions {
  readonly fleet: Fleet;
  readonly resultsDirectory: string;
  /** False: plain lines even on a terminal. */
  readonly live: boolean;
  readonly tolerate: readonly TolerableRuleId[];
  /** Make no request before the load. Default false. */
  readonly skipPreflight?: boolean;
  /** Locust's web UI may change the load. Default false. */
  readonly interactive?: boolean;
  /** Leave the fleet standing. Default false. */
  readonly keepFleet?: boolean;
  /** A fleet that stands, where the test is made. Default: one is made for it. */
  readonly on?: StandingRun | undefined;
}

/** Runs a load test with a live view, and prints what it found. */
export async function carryOut(
  context: Context,
  test: LoadTest,
  options: CarryOutOptions,
): Promise<ExitCode> {
  const { io } = context;
  const { fleet, resultsDirectory, tolerate, keepFleet = false } = options;
  const { interactive = false, skipPreflight = false } = options;
  const on = options.on?.runId;
  const runId = createRunId();
  const fate = on !== undefined ? 'stays' : keepFleet ? 'is kept' : 'is removed';
  const view = createLiveView(io, context.json ? io.stderr : io.stdout, { live: options.live });
  let stopped = false;
  let mayStand = false;
  let judged: RunReport | undefined;
  let plan: FleetPlan | undefined;
  let madeAt = io.now();
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
        ...{ fleet, runId, signal, resultsDirectory, tolerate, interactive, keepFleet, skipPreflight },
        onProgress: (event) => {
          mayStand = mayStandAfter(event, mayStand);
          if (event.type === 'report') judged = event.report;
          if (event.type === 'plan') {
            ({ plan } = event);
            const cost = formatCostLine(plan);
            if (cost !== undefined) view.say(cost);
            const mark = context.colors.yellow('!');
            for (const warning of plan.warnings ?? []) view.say(`${mark} ${warning}`);
          }
          if (event.type === 'phase' && event.phase === 'provision' && event.state === 'started') {
            madeAt = io.now();
          }
          view.onProgress(event);
        },
        ...(on !== undefined && { on }),
      }),
  )
    .finally(() => view.close())
    .catch((error: unknown) => {
      // What was measured is worth reading, whatever the removal left. With --json stdout is the error's.
      if (judged && context.json)
        context.note(formatReport(redactStrings(judged, printable), context.errorColors));
      else if (judged) printReport(context, judged, { next: nextAfter(judged, on) });
      throw error;
    });
  const standing = on ?? (keepFleet ? runId : undefined);
  const cost =
    plan && standing === undefined ? formatEstimatedCost(plan, (io.now() - madeAt) / 1000) : undefined;
  printReport(context, report, { next: nextAfter(report, standing), cost });
  if (standing !== undefined) {
    const run = options.on ?? (isLasting(fleet) ? await lookUpRun(fleet, standing) : undefined);
    context.note(
      `The fleet of ${standing} stands. The next test: loadwright run --on ${standing}. Remove it: loadwright destroy ${standing}`,
      ...(run ? [`Ends: ${formatEnd(run, new Date(io.now()))}`] : []),
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

/**
 * What to do with a report.
 *
 * @param standing The run id of a fleet that stands: another run would make a second one.
 */
function nextAfter({ aborted, runId }: RunReport, standing?: string): string {
  if (!aborted) return `loadwright report ${runId} --open`;
  const again = standing === undefined ? 'loadwright run' : `loadwright run --on ${standing}`;
  return `The run was stopped early, so it says nothing for certain: ${again}`;
}

/**
 * The report on stdout: as JSON, or for people with the next step.
 *
 * @param told.cost What its fleet has cost. Absent: not told.
 */
export function printReport(
  context: Context,
  report: RunReport,
  { next = nextAfter(report), cost }: { readonly next?: string; readonly cost?: string | undefined } = {},
): void {
  if (context.json) return context.printJson(report);
  const { colors } = context;
  const row = (label: string, value: string) => `  ${colors.dim(label.padEnd(12))}${value}`;
  context.print(
    '',
    formatReport(redactStrings(report, printable), colors).trimEnd(),
    ...(cost === undefined ? [] : [row('cost', cost)]),
    row('next', next),
  );
}

function exitCodeOfReport({ aborted, verdict }: RunReport): ExitCode {
  if (aborted) return exitCodes.aborted;
  return { PASS: exitCodes.pass, FAIL: exitCodes.thresholdFailed, INVALID: exitCodes.invalid }[verdict];
}
