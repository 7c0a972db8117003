import { fileURLToPath } from 'node:url';
import { isLoadwrightError, LoadwrightError, requirementsFile } from '@loadwright/core/fleet';
import { checkNamedLocust, type LocustInstallation } from './locust-command.js';
import { findManagedLocust, makeManagedLocust } from './managed-locust.js';
import { resolveOptions, type LocalFleetOptions } from './options.js';

/**
 * The Locust that a local fleet runs: the one named by the option `locust` or the variable LOADWRIGHT_LOCUST, else the
 * managed one, made when it is missing.
 *
 * @param options
 * @param call
 * @param call.onProgress Called with one line for people, for every step of the installation.
 * @throws LoadwrightError `LOCUST_UNAVAILABLE`, or `ABORTED` when the signal ends it.
 */
export async function ensureLocust(
  options: LocalFleetOptions = {},
  { signal, onProgress = () => {} }: { signal?: AbortSignal; onProgress?: (message: string) => void } = {},
): Promise<LocustInstallation> {
  return onThisMachine(signal, async () => {
    const { locust, cacheDirectory, environment } = resolveOptions(options);
    if (locust) return checkNamedLocust(locust, environment, signal);
    const requirements = fileURLToPath(requirementsFile);
    return makeManagedLocust({ options, cacheDirectory, requirements, environment, signal, onProgress });
  });
}

/**
 * What {@link ensureLocust} would return, or undefined when it would have to install it first.
 *
 * @throws LoadwrightError `LOCUST_UNAVAILABLE` when no Python, or no Locust of that name, can be used.
 */
export async function findLocust(
  options: LocalFleetOptions = {},
  { signal }: { signal?: AbortSignal } = {},
): Promise<LocustInstallation | undefined> {
  return onThisMachine(signal, async () => {
    const { locust, cacheDirectory, environment } = resolveOptions(options);
    if (locust) return checkNamedLocust(locust, environment, signal);
    const requirements = fileURLToPath(requirementsFile);
    return findManagedLocust({ options, cacheDirectory, requirements, environment, signal });
  });
}

/** Refuses systems without process groups, and reports an abort as one. */
async function onThisMachine<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (process.platform === 'win32') {
    throw new LoadwrightError('LOCUST_UNAVAILABLE', 'Local fleets run on Linux and macOS.', {
      hint: 'On Windows, run Loadwright inside the Windows Subsystem for Linux.',
    });
  }
  try {
    // Before a command is started: one that cannot be has no process, and to end it would end this one's group.
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    if (!signal?.aborted || isLoadwrightError(error)) throw error;
    throw new LoadwrightError('ABORTED', 'Setting up Locust was stopped.', { cause: error });
  }
}
