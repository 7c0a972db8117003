import { isLoadwrightError, type CallOptions, type Probe } from '@loadwright/core/fleet';
import type { Environment } from '../environment.js';
import { ensureLocust } from './ensure-locust.js';
import { probeWith } from './probe.js';

/**
 * Makes requests with the Python of this machine, before a machine is paid for.
 *
 * @returns undefined when there is no Python here: then a worker makes the request.
 */
export async function probeFromHere(
  environment: Environment,
  { signal, onProgress }: CallOptions & { readonly onProgress: (message: string) => void },
): Promise<Probe | undefined> {
  try {
    const { executable } = await ensureLocust({ environment }, { ...(signal && { signal }), onProgress });
    return probeWith(executable, environment);
  } catch (error) {
    if (!isLoadwrightError(error) || error.code !== 'LOCUST_UNAVAILABLE') throw error;
    onProgress(`A worker makes the request before the load: ${error.message.split('\n', 1)[0]}`);
    return undefined;
  }
}
