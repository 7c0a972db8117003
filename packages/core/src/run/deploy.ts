import { LoadwrightError } from '../errors.js';
import { validate } from '../validation.js';
import { saveLogs } from './collect-logs.js';
import type { Deployment, DeployOptions } from './contract.js';
import { nameSchema } from './option-schemas.js';
import { Phases } from './phases.js';
import type { PreparedTest } from './prepare.js';
import { createRunId } from './run-id.js';
import { connect, removeFleet, standUp } from './stand-up.js';

/** Makes a fleet for tests that come later. See `LoadTest.deploy`. */
export async function deployLoadTest(test: PreparedTest, options: DeployOptions): Promise<Deployment> {
  const runId = validate(nameSchema, options.runId ?? createRunId(), { field: 'runId' });
  const phases = new Phases(options);
  return phases.all(async () => {
    const standing = await standUp(test, phases, { ...options, runId });
    const { handle, folder } = standing;
    try {
      const { master } = await connect(handle, phases);
      await standing.preflight.onFleet(master);
    } catch (error) {
      await saveLogs(standing, phases);
      if (handle.stoodBefore) throw staysStanding(runId, error);
      await removeFleet(handle, options.fleet, phases);
      throw error;
    }
    return { runId, handle, resultsDirectory: folder.directory };
  });
}

function staysStanding(runId: string, error: unknown): LoadwrightError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LoadwrightError(
    'RESOURCES_REMAIN',
    `The fleet is not ready: ${reason}\n  It stood before, and stays.`,
    { hint: `Remove it: loadwright destroy ${runId}`, cause: error },
  );
}
