import { LoadwrightError } from '../errors.js';
import { validate } from '../validation.js';
import { saveLogs } from './collect-logs.js';
import type { Deployment, DeployOptions } from './contract.js';
import { nameSchema } from './option-schemas.js';
import { Phases } from './phases.js';
import type { PreparedTest } from './prepare.js';
import { createFleetId } from './run-id.js';
import { connect, removeFleet, provisionFleet } from './stand-up.js';

/** Makes a fleet for tests that come later. See `LoadTest.deploy`. */
export async function deployLoadTest(test: PreparedTest, options: DeployOptions): Promise<Deployment> {
  const fleetId = validate(nameSchema, options.fleetId ?? createFleetId(), { field: 'fleetId' });
  const phases = new Phases(options);
  return phases.all(async () => {
    const ready = await provisionFleet(test, phases, { ...options, fleetId });
    const { handle, folder } = ready;
    try {
      const { master } = await connect(handle, phases);
      await ready.preflight.onFleet(master);
    } catch (error) {
      await saveLogs(ready, phases);
      if (handle.existedBefore) throw staysDeployed(fleetId, error);
      await removeFleet(handle, options.fleet, phases);
      throw error;
    }
    return { fleetId, handle, resultsDirectory: folder.directory };
  });
}

function staysDeployed(fleetId: string, error: unknown): LoadwrightError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LoadwrightError(
    'RESOURCES_REMAIN',
    `The fleet is not ready: ${reason}\n  It existed before, and stays.`,
    { hint: `Remove it: loadwright destroy ${fleetId}`, cause: error },
  );
}
