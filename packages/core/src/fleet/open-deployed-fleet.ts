import { rm } from 'node:fs/promises';
import { writeBundle } from '../bundle/write-bundle.js';
import { digestsOf, digestWithoutLoad } from '../bundle/digest.js';
import { masterOf } from '../locust/master.js';
import { redactorOf } from '../secrets/redactor.js';
import { bundleContents } from '../run/bundle-contents.js';
import { askMaster } from './ask-master.js';
import { fleetIdOf } from './fleet-name.js';
import { requireIdle } from './idle.js';
import { replaceLost } from './replace-lost.js';
import { otherBundle } from './other-bundle.js';
import type { Phases } from '../run/phases.js';
import { withWorkers, type PreparedTest } from '../run/prepare.js';
import { Preflight } from '../run/preflight.js';
import { folderOf, type FolderOptions, type ReadyFleet } from './provision.js';

/**
 * The phase up to a master that answers, of a fleet that is deployed already: open. Its workers have their own credentials,
 * and make the preflight.
 */
export async function openDeployedFleet(
  test: PreparedTest,
  phases: Phases,
  options: FolderOptions & { readonly runId: string; readonly on: string },
): Promise<ReadyFleet> {
  const { runId, fleet } = options;
  const preflight = new Preflight(test, phases, { skip: options.skipPreflight });
  await folderOf(test, runId, options, (text) => text).requireWritable();
  return phases.in('open', async (detail) => {
    const { signal } = phases;
    const on = await fleetIdOf(fleet, options.on);
    const found = await fleet.open(on, { signal });
    const master = masterOf(found);
    requireIdle(
      await askMaster(found, (limit) => master.statistics({ signal: AbortSignal.any([signal, limit]) })),
      on,
    );
    const handle = await replaceLost(fleet, found, {
      signal,
      onProgress: (message) => phases.inform(message),
    });

    const sized = withWorkers(test, handle.expectedWorkers);
    const redact = redactorOf(handle, test.secrets);
    const folder = folderOf(sized, runId, options, redact);
    await folder.create({ runId, fleet: fleet.kind, fleetId: on, ...sized.configuration });
    const bundle = await writeBundle(folder.bundleDirectory, bundleContents(sized), {
      baseDirectory: sized.baseDirectory,
      signal,
    });
    for (const note of bundle.notes ?? []) phases.warn(note);
    if (digestWithoutLoad(bundle) !== handle.bundleDigest) {
      const error = await otherBundle(bundle, { on, fleet, master, redact });
      await rm(folder.directory, { recursive: true });
      throw error;
    }
    if (test.workers !== undefined && test.workers !== sized.workers) {
      phases.inform(`The fleet has ${sized.workers} workers, not the ${test.workers} of the configuration.`);
    }
    detail(`${on}, ${sized.workers} ${sized.workers === 1 ? 'worker' : 'workers'}`);
    // Those of its workers were handed over when it was made: until when they are valid is not known here.
    const expiresAt = undefined;
    return {
      test: sized,
      handle,
      folder,
      ...digestsOf(bundle),
      schedule: bundle.schedule,
      redact,
      preflight,
      expiresAt,
      close: () => Promise.resolve(),
    };
  });
}
