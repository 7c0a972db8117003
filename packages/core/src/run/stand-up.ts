import { resolve } from 'node:path';
import { writeBundle } from '../bundle/write-bundle.js';
import { LoadwrightError } from '../errors.js';
import type { Fleet, FleetHandle } from '../fleet/contract.js';
import { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { createRedactor, redactStrings } from '../secrets.js';
import { bundleContents, fleetRequest } from './bundle-contents.js';
import { waitForWorkers } from './connect.js';
import type { Phases } from './phases.js';
import { preflight } from './preflight.js';
import type { SizedTest } from './prepare.js';
import { ResultsFolder } from './results-folder.js';

/** A fleet that was made for a run. */
export interface Standing {
  readonly handle: FleetHandle;
  readonly folder: ResultsFolder;
  readonly bundleDigest: string;
  /** Removes the secrets of the run from a text. */
  readonly redact: (text: string) => string;
  /** When the workers' credentials expire. */
  readonly expiresAt: Date | undefined;
}

/** The phases up to a master that answers: preflight, plan, provision. */
export async function standUp(
  test: SizedTest,
  phases: Phases,
  { runId, fleet, resultsDirectory = 'results' }: { runId: string; fleet: Fleet; resultsDirectory?: string },
): Promise<Standing> {
  const { signal } = phases;
  const { environment, secrets } = await phases.in('preflight', async (detail) => {
    const outcome = await preflight(test, signal);
    detail(outcome.report?.summary);
    return outcome;
  });
  const request = fleetRequest(test, runId);
  await phases.in('plan', async () => phases.progress({ type: 'plan', plan: await fleet.plan(request) }));

  const redact = createRedactor(secrets);
  const folder = new ResultsFolder(resolve(test.baseDirectory, resultsDirectory), test.name, runId, redact);
  return phases.in('provision', async () => {
    await folder.create(redactStrings({ runId, fleet: fleet.kind, ...test.configuration }, redact));
    const bundle = await writeBundle(folder.bundleDirectory, bundleContents(test), {
      baseDirectory: test.baseDirectory,
      signal,
    });
    const handle = await fleet.provision({
      ...request,
      bundle,
      environment: environment.variables,
      logDirectory: folder.logDirectory,
      redact,
      signal,
      onProgress: (message) => phases.inform(message),
    });
    return { handle, folder, bundleDigest: bundle.digest, redact, expiresAt: environment.expiresAt };
  });
}

/** The phase connect: waits for all workers. @returns the master, and its statistics before any load. */
export async function connect(
  handle: FleetHandle,
  phases: Phases,
): Promise<{ master: LocustMaster; before: MasterStatistics }> {
  const master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
  phases.progress({ type: 'ready', url: handle.masterUrl, ...handle.login });
  const before = await phases.in('connect', () =>
    waitForWorkers(master, handle, {
      signal: phases.signal,
      onConnected: (workers) =>
        phases.progress({ type: 'connected', workers, expectedWorkers: handle.expectedWorkers }),
    }),
  );
  return { master, before };
}

/** @throws LoadwrightError `RESOURCES_REMAIN` */
export async function removeFleet(handle: FleetHandle): Promise<void> {
  const { remaining } = await handle.destroy();
  if (remaining.length === 0) return;
  throw new LoadwrightError('RESOURCES_REMAIN', `Not everything could be removed:\n${remaining.join('\n')}`, {
    hint: `Remove these by hand; they belong to run ${handle.runId}.`,
  });
}
