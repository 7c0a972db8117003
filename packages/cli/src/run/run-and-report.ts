import {
  LoadwrightError,
  createFleetId,
  createRunId,
  type Fleet,
  type FleetPlan,
  type LoadTest,
  type ObserveOptions,
  type RunReport,
  type DeployedFleet,
  type TolerableRuleId,
} from '@loadwright/core';
import type { Exporter } from '@loadwright/core/exporters';
import type { Comparison } from '@loadwright/core/compare';
import { printable } from '@loadwright/core/fleet';
import { redactStrings } from '@loadwright/core/command';
import { exitCodes, type ExitCode } from '@loadwright/core/exit-codes';
import { atPlace } from '../fleet/fleet-flags.js';
import type { Context } from '../shell/context.js';
import { interruptible } from '../shell/interrupt.js';
import { createLiveView } from '../live/view.js';
import { factFormatter } from '../output/table.js';
import { formatCostLine, formatEnd, formatEstimatedCost } from '../output/fleet.js';
import { formatReport } from '../output/report.js';
import { announce } from '../web/going-on.js';
import { serveLivePage } from '../web/live-page.js';
import { listRuns, readReport } from './results.js';
import { isLasting, lookUpFleet, mayExistAfter } from '../fleet/find-fleet.js';

/** A run that was compared with earlier ones. */
export interface RunComparison {
  readonly comparison: Comparison;
  /** It for people. */
  readonly lines: readonly string[];
}

/** How a run is carried out and shown. */
export interface RunAndReportOptions {
  readonly fleet: Fleet;
  readonly resultsDirectory: string;
  /** False: plain lines even on a terminal. */
  readonly live: boolean;
  /** A page of the run on this machine. Default false. */
  readonly web?: boolean;
  readonly tolerate: readonly TolerableRuleId[];
  /** Make no request before the load. Default false. */
  readonly skipPreflight?: boolean;
  /** Read what the service reports of itself. Default false. */
  readonly observe?: boolean | ObserveOptions;
  /** Where the figures go while the load runs. Default: nowhere. */
  readonly exporters?: readonly Exporter[];
  /** Locust's web UI may change the load. Default false. */
  readonly interactive?: boolean;
  /** Keep the fleet. Default false. */
  readonly keepFleet?: boolean;
  /** Compares the run with earlier ones. Called when it was made as planned and is not INVALID. */
  readonly compare?: (report: RunReport) => Promise<RunComparison>;
  /** The deployed fleet where the test runs. Default: the run deploys one. */
  readonly on?: DeployedFleet | undefined;
}

/** Runs a load test with a live view, and prints what it found. */
export async function runAndReport(
  context: Context,
  test: LoadTest,
  options: RunAndReportOptions,
): Promise<ExitCode> {
  const { io } = context;
  const { fleet, resultsDirectory, tolerate, keepFleet = false } = options;
  const { interactive = false, skipPreflight = false, observe = false, exporters = [] } = options;
  const on = options.on?.fleetId;
  const runId = createRunId();
  const fleetId = on ?? createFleetId();
  const fate = on !== undefined ? 'stays' : keepFleet ? 'is kept' : 'is removed';
  const view = createLiveView(io, context.json ? io.stderr : io.stdout, { live: options.live });
  let stopped = false;
  const pressed = new AbortController();
  const page = options.web
    ? await openPage(context, test, { runId, results: resultsDirectory }, () => stop('pressed'))
    : undefined;
  const stop = (why: string) => {
    stopped = true;
    page?.stopping();
    view.say(
      `stopping (${why}): the load ends, what was measured is kept, the fleet ${fate}; press Ctrl-C again to leave at once`,
    );
    if (why === 'pressed') pressed.abort(new LoadwrightError('ABORTED', 'stopped in the browser'));
  };
  if (page) view.say(`  live page: ${page.url}`);
  let mayExist = false;
  let judged: RunReport | undefined;
  let plan: FleetPlan | undefined;
  let madeAt = io.now();
  const { report, comparison } = await interruptible(
    io,
    {
      onStop: stop,
      abandoned: abandoned(fleet, fleetId, on, context),
      remaining: () => (mayExist && isLasting(fleet) ? [fleetId] : []),
    },
    (signal) =>
      test.run({
        ...{
          fleet,
          runId,
          fleetId,
          signal: AbortSignal.any([signal, pressed.signal]),
          resultsDirectory,
          tolerate,
          interactive,
          keepFleet,
          skipPreflight,
          observe,
          exporters,
        },
        onProgress: (event) => {
          mayExist = mayExistAfter(event, mayExist);
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
          page?.onProgress(event);
        },
        ...(on !== undefined && { on }),
      }),
  )
    .finally(async () => {
      view.close();
      await page?.withdraw();
      await page?.close(judged);
    })
    .then(async (report) => ({
      report,
      comparison: isComparable(report) ? await options.compare?.(report) : undefined,
    }))
    .catch((error: unknown) => {
      // What was measured is worth reading, whatever the removal left. With --json stdout is the error's.
      if (judged && context.json)
        context.note(formatReport(redactStrings(judged, printable), context.errorColors));
      else if (judged) printReport(context, judged, { next: nextAfter(judged, context, on) });
      throw error;
    });
  const kept = on ?? (keepFleet ? fleetId : undefined);
  const cost = plan && kept === undefined ? formatEstimatedCost(plan, (io.now() - madeAt) / 1000) : undefined;
  printReport(context, report, { next: nextAfter(report, context, kept), cost, comparison });
  if (kept !== undefined) {
    const deployed = options.on ?? (isLasting(fleet) ? await lookUpFleet(fleet, kept) : undefined);
    context.note(
      `The fleet ${kept} is deployed. The next test: ${besideLoad(`run --on ${kept}`, context)}. Remove it: ${besideLoad(`destroy ${kept}`, context)}`,
      ...(deployed ? [`Ends: ${formatEnd(deployed, new Date(io.now()))}`] : []),
    );
  }
  // Also when the load was over already: whoever stopped it learns that it was stopped.
  return stopped ? exitCodes.aborted : exitCodeOfReport(report, comparison?.comparison);
}

/** So many runs before this one can be shown beside it. */
const mostOthers = 5;

/** Serves the page of a run, and opens it where somebody sits before a terminal. */
async function openPage(
  context: Context,
  { name, configuration }: LoadTest,
  among: { readonly runId: string; readonly results: string },
  onStop: () => void,
) {
  const { finished } = await listRuns(among.results);
  const others = finished
    .filter((run) => run.name === name)
    .slice(0, mostOthers)
    .map((run) => ({ title: run.runId, read: () => readReport(run) }));
  const page = await serveLivePage({
    name,
    target: String((configuration['target'] as { kind?: unknown } | undefined)?.kind),
    others,
    among,
    onStop,
  });
  const { runId, results } = among;
  const withdraw = await announce(results, { runId, name, address: page.samplesUrl }).catch(
    () => async () => {},
  );
  const { io } = context;
  if (io.stdout.isTTY && !context.json) await io.openFile(page.url).catch(() => {});
  return Object.assign(page, { withdraw });
}

const besideLoad = (command: string, context: Context): string =>
  atPlace(`loadwright ${command}`, context, { besideLoad: true });

/** What to do after nobody waited for the end. */
function abandoned(fleet: Fleet, fleetId: string, on: string | undefined, context: Context): string {
  if (on !== undefined) return `the load may continue: ${besideLoad(`stop ${on}`, context)}`;
  return isLasting(fleet)
    ? `finish the clean-up: ${besideLoad(`destroy ${fleetId}`, context)}`
    : `nothing to clean up: the processes of a ${fleet.kind} fleet end with this command`;
}

/**
 * What to do with a report.
 *
 * @param kept The fleet id of a fleet that stays: another run would deploy a second one.
 */
function nextAfter({ aborted, runId, unwritten = [] }: RunReport, context: Context, kept?: string): string {
  const again = besideLoad(kept === undefined ? 'run' : `run --on ${kept}`, context);
  if (unwritten.length > 0) {
    return `Make room on the disk, or name another folder with --results, and run again: ${again}`;
  }
  if (!aborted) return `loadwright report ${runId} --open`;
  return `The run was stopped early, so it says nothing for certain: ${again}`;
}

interface PrintOptions {
  readonly next?: string;
  /** What its fleet has cost. Absent: not shown. */
  readonly cost?: string | undefined;
  /** Of the run with a baseline. Absent: it was not compared. */
  readonly comparison?: RunComparison | undefined;
}

/** The report on stdout: as JSON, or for people with the next step. */
export function printReport(
  context: Context,
  report: RunReport,
  { next = nextAfter(report, context), cost, comparison }: PrintOptions = {},
): void {
  if (context.json)
    return context.printJson({ ...report, ...(comparison && { comparison: comparison.comparison }) });
  const { colors } = context;
  const fact = factFormatter(colors);
  context.print(
    '',
    formatReport(redactStrings(report, printable), colors).trimEnd(),
    ...(comparison ? ['', ...comparison.lines] : []),
    ...(cost === undefined ? [] : [fact('cost', cost)]),
    fact('next', next),
  );
}

/** A run that is INVALID has nothing to compare, and one that was stopped is no whole run. */
const isComparable = ({ aborted, verdict }: RunReport) => !aborted && verdict !== 'INVALID';

/** The run's own verdict comes first: a comparison, and a disk that did not take the results, can only make a PASS less. */
function exitCodeOfReport({ aborted, verdict, unwritten }: RunReport, comparison?: Comparison): ExitCode {
  if (aborted) return exitCodes.aborted;
  const shown = verdict === 'PASS' ? (comparison?.verdict ?? verdict) : verdict;
  const pass = unwritten ? exitCodes.badConfiguration : exitCodes.pass;
  return { PASS: pass, FAIL: exitCodes.thresholdFailed, INVALID: exitCodes.invalid }[shown];
}
