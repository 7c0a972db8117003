import { createFleetId, isLoadwrightError, type Finding } from '@loadwright/core';
import { resolveTestLoad } from '@loadwright/core/fleet';
import type { LoadedConfig } from '@loadwright/core/config';
import type { Context } from '../shell/context.js';
import { createFleet, type NamedFleet } from '../fleet/create-fleet.js';
import { iamStatementsOf } from '../config/target.js';
import { overriddenFleet } from '../fleet/find-fleet.js';
import type { FleetFlags } from '../fleet/fleet-flags.js';

/** What a configuration says of a fleet. */
export interface CheckedFleet {
  readonly fleet?: NamedFleet;
  /** A configuration that is right: absent, nothing is known of what the fleet is for. */
  readonly loaded?: LoadedConfig;
}

/**
 * What the account of a fleet lacks: of that of a configuration, or of the one that flags name. Of a fleet that needs no
 * account nothing.
 */
export async function checkFleet(
  { fleet, loaded }: CheckedFleet,
  flags: FleetFlags,
  context: Context,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const named = fleet ?? (flags.fleet === undefined ? undefined : { kind: flags.fleet });
  if (!named) return [];
  try {
    const { lasting } = await createFleet(overriddenFleet(named, flags, context), context);
    const durationSeconds = loaded ? resolveTestLoad(loaded.config.load, 1).durationSeconds : 0;
    const iamStatements = loaded ? iamStatementsOf(loaded.config.target) : [];
    const request = { fleetId: createFleetId(), durationSeconds, iamStatements };
    return (await lasting?.check(request, { signal })) ?? [];
  } catch (error) {
    if (!isLoadwrightError(error) || error.code === 'ABORTED') throw error;
    return [
      { subject: 'fleet', state: 'problem', detail: error.message, remedy: error.hint, next: error.next },
    ];
  }
}
