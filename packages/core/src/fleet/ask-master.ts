import { formatDuration } from '../values/duration.js';
import { isLoadwrightError, LoadwrightError } from '../errors.js';
import type { NextStep } from '../next-step.js';
import type { FleetHandle } from './contract.js';

/** How long the first answer may take, in milliseconds: a firewall drops what it does not let through, without a word. */
const longestMilliseconds = 15_000;

/**
 * Asks the master of a deployed fleet for the first time. One that is silent costs no measurement: its machine is still
 * being made ready, has ended, or does not let the caller in.
 *
 * @param ask Its signal aborts when there has been no answer for too long.
 * @throws LoadwrightError `PROVISIONING_FAILED` in place of `MASTER_LOST`, and what `ask` throws.
 */
export async function askMaster<Answer>(
  handle: FleetHandle,
  ask: (signal: AbortSignal) => Promise<Answer>,
  limitMilliseconds = longestMilliseconds,
): Promise<Answer> {
  const limit = AbortSignal.timeout(limitMilliseconds);
  try {
    return await ask(limit);
  } catch (error) {
    const silence = error === limit.reason ? lost(handle, error) : error;
    if (!isLoadwrightError(silence) || silence.code !== 'MASTER_LOST') throw error;
    throw await explain(handle, silence);
  }
}

function lost({ masterUrl }: FleetHandle, cause: unknown): LoadwrightError {
  return new LoadwrightError('MASTER_LOST', `The Locust master at ${masterUrl} does not answer.`, { cause });
}

/** Whether a master that does not answer may still be on its way. */
export function isBeingMadeReady({ readiness }: FleetHandle): boolean {
  return readiness !== undefined && secondsSince(readiness.at) < readiness.limitSeconds;
}

async function explain(handle: FleetHandle, silence: LoadwrightError): Promise<LoadwrightError> {
  const { fleetId, readiness } = handle;
  const silent = (message: string, hint: string | undefined, next: readonly NextStep[] = silence.next) =>
    new LoadwrightError('PROVISIONING_FAILED', message, {
      ...(hint !== undefined && { hint }),
      next,
      cause: silence,
      retryable: true,
    });
  const look = [{ action: 'show-fleet', fleetId }] as const;
  // What cannot be asked either says nothing.
  const nodes = await handle.status().catch(() => []);
  const ended = nodes.find(({ role, state }) => role === 'master' && state === 'failed');
  if (ended) {
    const reason = ended.reason ?? 'it has ended';
    return silent(`${silence.message} ${reason}.`, 'See the state of the fleet.', look);
  }
  if (readiness && isBeingMadeReady(handle)) {
    const [since, limit] = [secondsSince(readiness.at), readiness.limitSeconds].map(formatDuration);
    return silent(
      `The machine of ${fleetId} is still being made ready (${since} of at most ${limit}).`,
      'Try again when its master answers.',
      look,
    );
  }
  return silent(silence.message, readiness?.hint ?? silence.hint);
}

function secondsSince(moment: Date): number {
  return Math.max(0, (Date.now() - moment.getTime()) / 1000);
}
