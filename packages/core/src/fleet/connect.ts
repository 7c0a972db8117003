import { setTimeout as delay } from 'node:timers/promises';
import { isLoadwrightError, LoadwrightError } from '../errors.js';
import type { FleetHandle } from './contract.js';
import type { LocustMaster } from '../locust/master.js';
import type { MasterStatistics, SetUp } from '../locust/statistics.js';

/** How long nothing may change while workers connect and read their data. In seconds. */
const limitSeconds = 120;
/** A master that is there answers soon, in milliseconds. */
const answerMilliseconds = 5000;

/** What is shown while workers are waited for. */
export interface ConnectOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of ready workers whenever it changes. */
  readonly onConnected?: (workers: number) => void;
  /** Called with what workers do before they are ready, a line for people, whenever it changes. */
  readonly onSetUp?: (text: string) => void;
  /** A load runs: whoever takes part in it is ready. */
  readonly underLoad?: boolean;
}

const readyStates = new Set(['ready']);
const loadedStates = new Set(['ready', 'spawning', 'running']);

/**
 * Waits until every worker is connected and ready: after a stop workers leave, and come back; and one that reads much data
 * is not ready before it has. As long as something happens it is waited for.
 *
 * @returns the statistics of a master whose workers are all ready.
 * @throws LoadwrightError `PROVISIONING_FAILED` when a node ends, workers do not come in time or the master does not answer:
 *   there was no load yet of which anything could be lost.
 */
export async function waitForWorkers(
  master: Pick<LocustMaster, 'statistics'>,
  handle: Pick<FleetHandle, 'status' | 'expectedWorkers'>,
  options: ConnectOptions,
): Promise<MasterStatistics> {
  const signal = options.signal ? { signal: options.signal } : {};
  let changedAt = performance.now();
  let [connected, seen, shown] = [-1, '', ''];
  for (let interval = 100; ; interval = Math.min(interval * 1.5, 2000)) {
    // A machine that starts is something that happens: how long it may take, its kind knows.
    if (await isStarting(handle)) changedAt = performance.now();
    const statistics = await master
      .statistics({ ...signal, timeoutMilliseconds: answerMilliseconds })
      .catch((error: unknown) => {
        throw isLoadwrightError(error) && error.code === 'MASTER_LOST' ? notConnected(error) : error;
      });
    const { workers, setUp } = statistics;
    const states = options.underLoad ? loadedStates : readyStates;
    const ready = workers.filter(({ state }) => states.has(state)).length;
    if (ready !== connected) options.onConnected?.((connected = ready));
    if (ready >= handle.expectedWorkers) return statistics;
    const text = describeSetUp(setUp);
    if (text !== shown) options.onSetUp?.((shown = text));
    const state = JSON.stringify([ready, workers.length, setUp.workers]);
    if (state !== seen) [seen, changedAt] = [state, performance.now()];
    if (performance.now() - changedAt > limitSeconds * 1000) throw tooLate(ready, handle, text);
    await delay(interval, undefined, signal);
  }
}

/** @throws LoadwrightError `PROVISIONING_FAILED` when a node has ended. */
async function isStarting(handle: Pick<FleetHandle, 'status'>): Promise<boolean> {
  const nodes = await handle.status();
  const failed = nodes.filter((node) => node.state === 'failed');
  if (failed.length === 0) return nodes.some(({ state }) => state === 'starting');
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    failed
      .map((node) => `${node.name} ended before the load began: ${node.reason ?? 'no reason known'}`)
      .join('\n'),
    { hint: 'Read its log in the results folder.' },
  );
}

function notConnected({ message, hint, cause }: LoadwrightError): LoadwrightError {
  return new LoadwrightError('PROVISIONING_FAILED', message, { ...(hint !== undefined && { hint }), cause });
}

/** The slowest worker represents all: they do the same. */
function describeSetUp({ workers }: SetUp): string {
  const working = workers.filter(({ text }) => text !== '');
  if (working.length === 0) return '';
  const slowest = working.reduce((one, other) => (other.fraction < one.fraction ? other : one));
  return `${slowest.text}: ${Math.floor(slowest.fraction * 10) * 10} %`;
}

function tooLate(
  ready: number,
  { expectedWorkers }: Pick<FleetHandle, 'expectedWorkers'>,
  setUp: string,
): LoadwrightError {
  const rest = setUp === '' ? '' : `, and the others got no further than ${setUp}`;
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `${ready} of ${expectedWorkers} workers were ready when nothing had happened for ${limitSeconds} s${rest}.`,
    {
      hint: 'Read the logs of the workers in the results folder; ask for fewer workers if the machine is small.',
    },
  );
}
