import { setTimeout as delay } from 'node:timers/promises';
import { LoadwrightError } from '../errors.js';
import type { FleetHandle } from '../fleet/contract.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';

const limitSeconds = 120;

/**
 * Waits until every worker is connected and ready: after a stop workers leave, and come back.
 *
 * @param options.onConnected Called with the number of ready workers whenever it changes.
 * @returns the statistics of a master whose workers are all ready.
 * @throws LoadwrightError `PROVISIONING_FAILED` when a node ends, or not all workers come in time.
 */
export async function waitForWorkers(
  master: LocustMaster,
  handle: FleetHandle,
  options: { signal?: AbortSignal; onConnected?: (workers: number) => void },
): Promise<MasterStatistics> {
  const signal = options.signal ? { signal: options.signal } : {};
  const begin = performance.now();
  let connected = -1;
  for (let interval = 100; ; interval = Math.min(interval * 1.5, 2000)) {
    const failed = (await handle.status()).filter((node) => node.state === 'failed');
    if (failed.length > 0) {
      throw new LoadwrightError(
        'PROVISIONING_FAILED',
        failed
          .map((node) => `${node.name} ended before the load began: ${node.reason ?? 'no reason known'}`)
          .join('\n'),
        { hint: 'Read its log in the results folder.' },
      );
    }
    const statistics = await master.statistics(signal);
    const ready = statistics.workers.filter((worker) => worker.state === 'ready').length;
    if (ready !== connected) options.onConnected?.((connected = ready));
    if (ready >= handle.expectedWorkers) return statistics;
    if (performance.now() - begin > limitSeconds * 1000) {
      throw new LoadwrightError(
        'PROVISIONING_FAILED',
        `${ready} of ${handle.expectedWorkers} workers connected to the master within ${limitSeconds} s.`,
        {
          hint: 'Read the logs of the workers in the results folder; ask for fewer workers if the machine is small.',
        },
      );
    }
    await delay(interval, undefined, signal);
  }
}
