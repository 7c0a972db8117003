import type { Context } from './context.js';
import type { NamedFleet } from './fleet.js';

/** A run that was begun on this machine. */
export interface RememberedFleetRun {
  readonly runId: string;
  /** The fleet that it is of, with what finds it there. */
  readonly fleet: NamedFleet;
}

/**
 * The runs that were begun on this machine, as the kinds of fleets remember them.
 *
 * @param reference The whole id of a run, or a part of it. Absent: all runs.
 */
export async function rememberedRuns(
  { fleets, io }: Pick<Context, 'fleets' | 'io'>,
  reference = '',
): Promise<RememberedFleetRun[]> {
  const { environment } = io;
  const kinds = await Promise.all(
    Object.entries(fleets).map(async ([kind, load]) => {
      const { remembered } = await load();
      const runs = (await remembered?.({ environment })) ?? [];
      return runs.map(({ runId, options }) => ({ runId, fleet: { ...options, kind } }));
    }),
  );
  return called(kinds.flat(), reference);
}

/** The runs whose id has this part; one id may be a part of no other, but whoever writes all of it means it. */
export function called<Run extends { readonly runId: string }>(
  runs: readonly Run[],
  reference: string,
): Run[] {
  const exact = runs.filter(({ runId }) => runId === reference);
  return exact.length > 0 ? exact : runs.filter(({ runId }) => runId.includes(reference));
}
