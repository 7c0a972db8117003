import { digestsOf } from '../bundle/digest.js';
import { resolve } from 'node:path';
import { writeBundle } from '../bundle/write-bundle.js';
import { LoadwrightError } from '../errors.js';
import type { Fleet, FleetHandle } from './contract.js';
import { masterOf, type LocustMaster } from '../locust/master.js';
import { fingerprintOf } from '../locust/pinned-fetch.js';
import type { MasterStatistics } from '../locust/statistics.js';
import { createRedactor, redactorOf } from '../secrets/redactor.js';
import { bundleContents, planFor } from '../run/bundle-contents.js';
import { waitForWorkers } from './connect.js';
import type { PlannedFleet } from '../run/contract.js';
import type { Credentials } from '../run/credentials.js';
import type { Phases } from '../run/phases.js';
import { Preflight } from '../run/preflight.js';
import type { PreparedTest, SizedTest } from '../run/prepare.js';
import type { TraceSchedule } from '../payloads/trace/schedule.js';
import { ResultsFolder } from '../results/results-folder.js';

/** Where a run or a deployment writes, and on what. */
export interface FolderOptions {
  readonly fleet: Fleet;
  readonly resultsDirectory?: string;
  readonly skipPreflight?: boolean;
}

/** A test with its fleet, whose master answers. */
export interface ReadyFleet {
  readonly test: SizedTest;
  readonly handle: FleetHandle;
  readonly folder: ResultsFolder;
  readonly bundleDigest: string;
  readonly payloadsDigest: string | undefined;
  /** When the payloads are due; undefined: they are no trace. */
  readonly schedule: TraceSchedule | undefined;
  /** Removes the secrets of the run from a text. */
  readonly redact: (text: string) => string;
  /** Made, skipped, or still to be made when the workers are ready. */
  readonly preflight: Preflight;
  /** When the workers' credentials expire. */
  readonly expiresAt: Date | undefined;
  /** Credentials are handed out no more, where they were. To be called at the end of the run. */
  close(): Promise<void>;
}

/**
 * The phases up to a master that answers: preflight, plan, provision. The target comes first: whoever may not ask it
 * need not look for machines.
 */
export async function provisionFleet(
  prepared: PreparedTest,
  phases: Phases,
  options: FolderOptions & {
    readonly fleetId: string;
    readonly name?: string;
    /** Names the folder of the results. Absent: a deployment, whose folder is named by the fleet. */
    readonly runId?: string;
    readonly agree?: (planned: PlannedFleet) => Promise<void>;
  },
): Promise<ReadyFleet> {
  const { fleetId, name, runId, fleet, agree } = options;
  const folderName = runId ?? fleetId;
  const { signal } = phases;
  await folderOf(prepared, folderName, options, (text) => text).requireWritable();
  const preflight = new Preflight(prepared, phases, {
    skip: options.skipPreflight,
    // A fleet that is made for loads to come outlives its command.
    isServed: runId !== undefined,
  });
  const credentials = await preflight.beforeFleet(fleet);
  try {
    return await provisionWith(credentials);
  } catch (error) {
    await credentials.close();
    throw error;
  }

  async function provisionWith({ environment, secrets, close }: Credentials): Promise<ReadyFleet> {
    const { test, request } = await phases.in('plan', async () => {
      const planned = await planFor(
        prepared,
        fleet,
        { fleetId, ...(name !== undefined && { name }) },
        { signal },
      );
      phases.progress({ type: 'plan', plan: planned.plan });
      await agree?.(planned);
      return planned;
    });

    const redact = createRedactor(secrets);
    const folder = folderOf(test, folderName, options, redact);
    return phases.in('provision', async () => {
      await folder.create({
        ...(runId !== undefined && { runId }),
        fleet: fleet.kind,
        fleetId,
        ...test.configuration,
      });
      const bundle = await writeBundle(folder.bundleDirectory, bundleContents(test), {
        baseDirectory: test.baseDirectory,
        signal,
      });
      for (const note of bundle.notes ?? []) phases.warn(note);
      const handle = await fleet.provision({
        ...request,
        bundle,
        environment: environment.variables,
        logDirectory: folder.logDirectory,
        redact,
        signal,
        onProgress: (message) => phases.inform(message),
      });
      const { expiresAt } = environment;
      const known = redactorOf(handle, secrets);
      return {
        test,
        handle,
        folder,
        ...digestsOf(bundle),
        schedule: bundle.schedule,
        redact: known,
        preflight,
        expiresAt,
        close,
      };
    });
  }
}

/** Where the results of a run or a deployment of this id go. */
export function folderOf(
  { baseDirectory, name }: PreparedTest,
  id: string,
  { resultsDirectory = 'results' }: FolderOptions,
  redact: (text: string) => string,
): ResultsFolder {
  return new ResultsFolder(resolve(baseDirectory, resultsDirectory), name, id, redact);
}

/** The phase connect: waits for all workers. @returns the master, and its statistics before any load. */
export async function connect(
  handle: FleetHandle,
  phases: Phases,
): Promise<{ master: LocustMaster; before: MasterStatistics }> {
  const master = masterOf(handle);
  const { masterUrl: url, login, certificate } = handle;
  phases.progress({
    type: 'ready',
    url,
    ...login,
    ...(certificate && { fingerprint: fingerprintOf(certificate) }),
  });
  const before = await phases.in('connect', () =>
    waitForWorkers(master, handle, {
      signal: phases.signal,
      onConnected: (workers) =>
        phases.progress({ type: 'connected', workers, expectedWorkers: handle.expectedWorkers }),
      onSetUp: (text) => {
        if (text !== '') phases.inform(text);
      },
    }),
  );
  return { master, before };
}

/** What a removal says that has looked again. */
export const nothingLeft = '0 resources left, verified';

/**
 * The phase destroy.
 *
 * @throws LoadwrightError `RESOURCES_REMAIN`
 */
export async function removeFleet(handle: FleetHandle, { lasting }: Fleet, phases: Phases): Promise<void> {
  await phases.in('destroy', async (detail) => {
    const { remaining } = await handle.destroy({ onProgress: (message) => phases.inform(message) });
    if (remaining.length === 0) return detail(lasting && nothingLeft);
    const message = `Not everything could be removed:\n${remaining.join('\n')}`;
    const { fleetId } = handle;
    if (!lasting) {
      const hint = `Remove these by hand; they belong to fleet ${fleetId}.`;
      throw new LoadwrightError('RESOURCES_REMAIN', message, { hint });
    }
    throw new LoadwrightError('RESOURCES_REMAIN', message, {
      hint: 'Fix the cause (for example a missing permission), then remove the fleet.',
      next: [{ action: 'destroy-fleet', fleetId }],
    });
  });
}
