import { LoadwrightError, type DestroyReport } from '@loadwright/core';
import type { Context } from './context.js';
import { interruptible } from './interrupt.js';
import type { LastingFleet } from './standing.js';

/** Removes everything of some runs, one after the other, and looks again. Goes on when one of them resists. */
export async function removeRuns(
  { lasting }: LastingFleet,
  runIds: readonly string[],
  context: Context,
): Promise<DestroyReport> {
  const reports: DestroyReport[] = [];
  await interruptible(
    context.io,
    {
      onStop: () => context.note('stopping…'),
      abandoned: `finish it: loadwright destroy ${runIds.join(', then ')}`,
    },
    async (signal) => {
      for (const runId of runIds) {
        signal.throwIfAborted();
        reports.push(
          await lasting.destroy(runId, {
            signal,
            onProgress: (line) => context.note(context.errorColors.dim(`  ${line}`)),
          }),
        );
      }
    },
  );
  return {
    removed: reports.flatMap(({ removed }) => removed),
    remaining: reports.flatMap(({ remaining }) => remaining),
  };
}

/**
 * Tells what a removal did.
 *
 * @throws LoadwrightError `RESOURCES_REMAIN` with the list of what is left.
 */
export function printRemoval(report: DestroyReport, runIds: readonly string[], context: Context): void {
  const { removed, remaining } = report;
  if (remaining.length > 0) {
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      ['Not everything could be removed:', ...remaining].join('\n'),
      {
        hint: `try again: loadwright destroy ${runIds.join(', then ')}; otherwise remove these by hand`,
      },
    );
  }
  if (context.json) return context.printJson({ runs: runIds, removed, remaining });
  const { colors } = context;
  context.print(
    ...removed.map((line) => `  ${colors.dim('removed')} ${line}`),
    `${colors.green('✓')} 0 resources left, verified`,
  );
}
