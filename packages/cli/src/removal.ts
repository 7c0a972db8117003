import { isLoadwrightError, LoadwrightError, nothingLeft, type DestroyReport } from '@loadwright/core';
import type { Context } from './context.js';
import { interruptible } from './interrupt.js';
import type { LastingFleet } from './standing.js';

/** A run, and where it is. */
export interface RunOfFleet {
  readonly runId: string;
  readonly fleet: LastingFleet;
}

/** Removes everything of some runs, one after the other, and looks again. Goes on when one of them resists. */
export async function removeRuns(runs: readonly RunOfFleet[], context: Context): Promise<DestroyReport> {
  const runIds = runs.map(({ runId }) => runId);
  const reports: DestroyReport[] = [];
  const remaining = () => runIds.slice(reports.length);
  const finish = `finish it: loadwright destroy ${runIds.join(', then ')}`;
  const tell = (line: string) =>
    context.json
      ? context.note(context.errorColors.dim(`  ${line}`))
      : context.print(context.colors.dim(`  ${line}`));
  await interruptible(
    context.io,
    { onStop: () => tell('stopping…'), abandoned: finish, remaining },
    async (signal) => {
      for (const { runId, fleet } of runs) {
        try {
          signal.throwIfAborted();
          reports.push(await fleet.lasting.destroy(runId, { signal, onProgress: tell }));
        } catch (error) {
          if (!signal.aborted) {
            // What keeps one of several from being removed is no reason to leave the others.
            if (runs.length === 1 || !isLoadwrightError(error)) throw error;
            reports.push({ removed: [], remaining: [`everything of run ${runId}: ${error.message}`] });
            continue;
          }
          throw new LoadwrightError(
            'RESOURCES_REMAIN',
            `stopped in the middle: something of ${remaining().join(', ')} may remain`,
            { hint: finish, cause: error },
          );
        }
      }
    },
  );
  return {
    removed: reports.flatMap(({ removed }) => removed),
    remaining: reports.flatMap(({ remaining }) => remaining),
  };
}

/**
 * Tells how a removal ended; what it removed has been told meanwhile.
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
  context.print(`${context.colors.green('✓')} ${nothingLeft}`);
}
