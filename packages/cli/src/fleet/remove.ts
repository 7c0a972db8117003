import { isLoadwrightError, LoadwrightError, type DestroyReport } from '@loadwright/core';
import { nothingLeft } from '@loadwright/core/fleet';
import type { Context } from '../shell/context.js';
import { interruptible } from '../shell/interrupt.js';
import { atPlace } from './fleet-flags.js';
import type { LastingFleet } from './find-fleet.js';

/** A fleet, and where it is. */
export interface PlacedFleet {
  readonly fleetId: string;
  readonly fleet: LastingFleet;
}

/** Removes fleets, one after the other, and looks again. Continues when one of them resists. */
export async function removeFleets(fleets: readonly PlacedFleet[], context: Context): Promise<DestroyReport> {
  const fleetIds = fleets.map(({ fleetId }) => fleetId);
  const reports: DestroyReport[] = [];
  const remaining = () => fleetIds.slice(reports.length);
  const finish = `finish it: ${destroying(fleetIds, context)}`;
  const tell = (line: string) =>
    context.json
      ? context.note(context.errorColors.dim(`  ${line}`))
      : context.print(context.colors.dim(`  ${line}`));
  await interruptible(
    context.io,
    { onStop: () => tell('stopping…'), abandoned: finish, remaining },
    async (signal) => {
      for (const { fleetId, fleet } of fleets) {
        try {
          signal.throwIfAborted();
          reports.push(await fleet.lasting.destroy(fleetId, { signal, onProgress: tell }));
        } catch (error) {
          if (!signal.aborted) {
            // One that cannot be removed is no reason to leave the others.
            if (fleets.length === 1 || !isLoadwrightError(error)) throw error;
            reports.push({ removed: [], remaining: [`everything of fleet ${fleetId}: ${error.message}`] });
            continue;
          }
          throw new LoadwrightError(
            'RESOURCES_REMAIN',
            `Interrupted: resources of fleet ${remaining().join(', ')} may remain`,
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

/** What removes them, one after the other. */
const destroying = (fleetIds: readonly string[], context: Context): string =>
  fleetIds.map((id) => atPlace(`loadwright destroy ${id}`, context)).join(', then ');

/**
 * Prints how a removal ended; what it removed has been printed meanwhile.
 *
 * @throws LoadwrightError `RESOURCES_REMAIN` with the list of what is left.
 */
export function printRemoval(report: DestroyReport, fleetIds: readonly string[], context: Context): void {
  const { removed, remaining } = report;
  if (remaining.length > 0) {
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      ['Not everything could be removed:', ...remaining].join('\n'),
      {
        hint: `try again: ${destroying(fleetIds, context)}; otherwise remove these by hand`,
      },
    );
  }
  if (context.json) return context.printJson({ fleets: fleetIds, removed, remaining });
  context.print(`${context.colors.green('✓')} ${nothingLeft}`);
}
