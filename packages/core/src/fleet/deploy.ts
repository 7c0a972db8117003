import { LoadwrightError, messageOf } from '../errors.js';
import { validate } from '../validation/validate.js';
import { saveLogs } from '../results/collect-logs.js';
import type { Deployment, DeployOptions } from '../run/contract.js';
import { nameSchema } from '../run/option-schemas.js';
import { Phases } from '../run/phases.js';
import type { PreparedTest } from '../run/prepare.js';
import { createFleetId } from '../run/run-id.js';
import { fleetNameSchema } from './fleet-name.js';
import { connect, removeFleet, provisionFleet } from './provision.js';

/** Makes a fleet for tests that come later. See `LoadTest.deploy`. */
export async function deployLoadTest(test: PreparedTest, options: DeployOptions): Promise<Deployment> {
  const fleetId = validate(nameSchema, options.fleetId ?? createFleetId(), { field: 'fleetId' });
  const name =
    options.name === undefined ? undefined : validate(fleetNameSchema, options.name, { field: 'name' });
  const phases = new Phases(options);
  return phases.all(async () => {
    const ready = await provisionFleet(test, phases, {
      ...options,
      ...(name !== undefined && { name }),
      fleetId,
    });
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
  return new LoadwrightError(
    'RESOURCES_REMAIN',
    `The fleet is not ready: ${messageOf(error)}\n  It existed before, and stays.`,
    { hint: 'Remove it.', next: [{ action: 'destroy-fleet', fleetId }], cause: error },
  );
}
