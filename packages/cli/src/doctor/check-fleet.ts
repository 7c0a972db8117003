import { isLoadwrightError, type Finding } from '@loadwright/core';
import type { LoadedConfig } from '@loadwright/core/config';
import type { Context } from '../context.js';
import { createFleet } from '../fleet.js';
import { createConfiguredTest } from '../load-test.js';
import { planTest } from '../planning.js';
import { overriddenFleet, type FleetFlags } from '../standing.js';

/** What the account of a fleet lacks. Of a fleet that needs none nothing. */
export async function checkFleet(
  loaded: LoadedConfig,
  flags: FleetFlags,
  context: Context,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    const fleet = await createFleet(overriddenFleet(loaded.config.fleet, flags), context);
    if (!fleet.lasting) return [];
    const test = await createConfiguredTest(loaded, { environment: context.io.environment });
    return await fleet.lasting.check((await planTest(test, fleet)).request, { signal });
  } catch (error) {
    if (!isLoadwrightError(error) || error.code === 'ABORTED') throw error;
    return [{ subject: 'fleet', state: 'problem', detail: error.message, remedy: error.hint }];
  }
}
