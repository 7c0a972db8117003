import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LoadwrightError, writeWhole } from '@loadwright/core/fleet';
import { findPython, type Python } from './find-python.js';
import { installLocust } from './install-locust.js';
import { readLocustVersion, type LocustInstallation } from './locust-command.js';
import type { Environment } from '../environment.js';
import type { LocalFleetOptions } from './options.js';
import { withLock } from '../process/with-lock.js';

/** What {@link makeManagedLocust} and {@link findManagedLocust} need. */
export interface ManagedLocustRequest {
  /** As the user gave them: which Python. */
  readonly options: LocalFleetOptions;
  readonly cacheDirectory: string;
  /** Path of the pinned requirements. */
  readonly requirements: string;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
}

/** The managed Locust if it is there and works; nothing is made. */
export async function findManagedLocust(
  request: ManagedLocustRequest,
): Promise<LocustInstallation | undefined> {
  const place = await findPlace(request);
  return readComplete(place, request);
}

/**
 * The managed Locust, made when it is missing or broken. When it is there the network is not used.
 *
 * Two processes that need it at once make it once: the second waits for the first. A process that is killed on the
 * way leaves a folder without the mark of completeness, which the next one makes again.
 */
export async function makeManagedLocust(
  request: ManagedLocustRequest & { readonly onProgress: (message: string) => void },
): Promise<LocustInstallation> {
  const { requirements, environment, onProgress } = request;
  const place = await findPlace(request);
  const found = await readComplete(place, request);
  if (found) return found;
  await mkdir(place.directory, { recursive: true }).catch((error: unknown) => {
    throw cacheUnwritable(place.directory, error);
  });
  const waiting = () => onProgress('Another run is installing Locust; waiting for it');
  const lock = { onWaiting: waiting, signal: request.signal, code: 'LOCUST_UNAVAILABLE' } as const;
  return withLock(place.directory, lock, async (signal) => {
    const madeMeanwhile = await readComplete(place, request);
    if (madeMeanwhile) return madeMeanwhile;
    onProgress(
      existsSync(place.virtualEnvironment)
        ? 'The managed Locust is incomplete: making it again'
        : `Installing Locust into ${place.directory} (once, with Python ${place.python.version})`,
    );
    await rm(place.mark, { force: true });
    await rm(place.virtualEnvironment, { recursive: true, force: true });
    const { python, virtualEnvironment: directory } = place;
    await installLocust({ python, directory, requirements, environment, signal, onProgress });
    const version = await readLocustVersion(place.executable, environment, signal);
    if (!version) throw installedButBroken(place);
    await markComplete(place, version);
    onProgress(`Locust ${version} is installed`);
    return { executable: place.executable, version, managed: true };
  });
}

/** Where the managed Locust of one Python and one set of requirements is. */
interface Place {
  readonly python: Python;
  readonly directory: string;
  readonly virtualEnvironment: string;
  readonly executable: string;
  /** The file whose presence says that the installation ended well. */
  readonly mark: string;
}

async function findPlace({
  options,
  cacheDirectory,
  requirements,
  signal,
}: ManagedLocustRequest): Promise<Place> {
  const python = await findPython(options, { signal });
  // Without the patch level: the system's updates of Python keep the environment as it is, and usable offline.
  const pythonSeries = python.version.split('.').slice(0, 2).join('.');
  const key = createHash('sha256')
    .update(JSON.stringify([pythonSeries, python.platform]))
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16);
  const directory = join(cacheDirectory, 'locust', key);
  const virtualEnvironment = join(directory, 'environment');
  return {
    python,
    directory,
    virtualEnvironment,
    executable: join(virtualEnvironment, 'bin', 'locust'),
    mark: join(directory, 'complete.json'),
  };
}

async function readComplete(
  place: Place,
  { environment, signal }: ManagedLocustRequest,
): Promise<LocustInstallation | undefined> {
  if (!existsSync(place.mark)) return undefined;
  const version = await readLocustVersion(place.executable, environment, signal);
  return version === undefined ? undefined : { executable: place.executable, version, managed: true };
}

async function markComplete({ mark, python }: Place, version: string): Promise<void> {
  await writeWhole(mark, `${JSON.stringify({ locust: version, python: python.version })}\n`);
}

function cacheUnwritable(directory: string, cause: unknown): LoadwrightError {
  return new LoadwrightError('LOCUST_UNAVAILABLE', `The folder ${directory} cannot be made.`, {
    hint: 'Choose a writable cache folder with the option cacheDirectory or the variable LOADWRIGHT_CACHE_DIR.',
    cause,
  });
}

function installedButBroken({ executable, python }: Place): LoadwrightError {
  return new LoadwrightError(
    'LOCUST_UNAVAILABLE',
    `Locust was installed with Python ${python.version}, but "${executable} --version" does not work.`,
    { hint: 'Try another Python with the option python or the variable LOADWRIGHT_PYTHON.' },
  );
}
