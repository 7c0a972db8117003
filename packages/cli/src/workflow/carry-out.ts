import { join } from 'node:path';
import { messageOf } from '@loadwright/core/errors';
import { isLoadwrightError } from '@loadwright/core';
import { writeComparison, type Comparison } from '@loadwright/core/compare';
import { carryOut, TestWorld, type Action, type WorkflowReport } from '@loadwright/core/workflow';
import { createLiveView } from '../live/view.js';
import { formatComparison } from '../output/comparison.js';
import { formatWorkflowEvent, formatWorkflowReport } from '../output/workflow.js';
import type { Context } from '../shell/context.js';
import { repeatable } from '../shell/confirm.js';
import { repeating } from '../shell/given.js';
import { interruptible } from '../shell/interrupt.js';
import { findJournal, newJournal, stepFolder } from './journals.js';
import { resolveStep, type WorkflowPlace } from './resolve.js';

/** How a workflow is carried out. */
export interface CarryOutFlags {
  /** Which one it is, with the file of the workflow: `workflow run nightly.yaml`. */
  readonly command: string;
  readonly resume?: string | true;
  readonly live: boolean;
}

/** What became of a workflow. */
export interface CarriedOut {
  readonly report: WorkflowReport;
  /** By the name of the step. */
  readonly comparisons: Readonly<Record<string, Comparison>>;
  /** Where the comparison of a step lies. */
  readonly folderOf: (step: string) => string;
}

/** Carries out a workflow, and shows what happens. */
export async function carryOutWorkflow(
  place: WorkflowPlace,
  actions: readonly Action[],
  { command, resume, live }: CarryOutFlags,
  context: Context,
): Promise<CarriedOut> {
  const { io, json } = context;
  const { name } = place.workflow;
  const colors = json ? context.errorColors : context.colors;
  const stream = json ? io.stderr : io.stdout;
  const first = actions.find((action) => action.kind === 'deploy' || action.kind === 'run');
  const { resultsDirectory } = await resolveStep(
    place,
    first && 'setup' in first ? first.setup : {},
    context,
  );
  const journal =
    resume === undefined
      ? newJournal(resultsDirectory, name, actions)
      : await findJournal(resultsDirectory, name, resume, actions);
  const resumeIt = repeating(
    `loadwright ${command} --resume ${journal.id}`,
    context.given,
    repeatable(context).filter((flag) => flag !== '--resume'),
  );
  const release = await journal.claim();
  const comparisons: Record<string, Comparison> = {};
  const folderOf = (step: string) => stepFolder(resultsDirectory, name, journal.id, step);
  let view = createLiveView(io, stream, { live });
  const world = new TestWorld(actions, {
    resolve: (setup, ofRun) => resolveStep(place, setup, context, ofRun),
    onProgress: (event) => view.onProgress(event),
    onComparison: async (ofStep, comparison, sides) => {
      comparisons[ofStep] = comparison;
      await writeComparison(folderOf(ofStep), comparison, sides);
      const file = join(folderOf(ofStep), 'comparison.html');
      view.say([...formatComparison(comparison, colors), `  report      ${file}`].join('\n'));
    },
  });
  const report = await interruptible(
    io,
    {
      onStop: (signal) =>
        view.say(
          `stopping (${signal}): the fleets of this workflow are removed; press Ctrl-C again to leave at once`,
        ),
      abandoned: `go on, and clean up: ${resumeIt}`,
      remaining: () =>
        actions.flatMap(({ id }) => {
          const { fleetId } = journal.entry(id) ?? {};
          return fleetId === undefined ? [] : [fleetId];
        }),
    },
    (signal) =>
      carryOut(actions, world, journal, {
        signal,
        onEvent: (event) => {
          if (event.state !== 'started') view.close();
          else view = createLiveView(io, stream, { live });
          stream.write(`${formatWorkflowEvent(event, colors)}\n`);
          if (event.state === 'failed') context.note(...describeError(event.error));
        },
      }),
  ).finally(async () => {
    view.close();
    await release();
  });
  if (!json) context.print('', formatWorkflowReport(report, colors));
  if (report.exitCode !== 0 && report.actions.some(({ state }) => state !== 'done')) {
    context.note(`Go on where it stopped: ${resumeIt}`);
  }
  return { report, comparisons, folderOf };
}

function describeError(error: unknown): string[] {
  if (!isLoadwrightError(error)) return [`error: ${messageOf(error)}`];
  return [`error: ${error.message}`, ...(error.hint === undefined ? [] : [`  hint: ${error.hint}`])];
}
