import { expect, it } from 'vitest';
import { LoadwrightError } from '../errors.js';
import type { FleetHandle } from './contract.js';
import { askMaster } from './ask-master.js';

const hint = 'see allowedAddresses';

/** A run whose machine was started so many seconds ago. */
function started(seconds: number, reason?: string): FleetHandle {
  const state = reason === undefined ? 'running' : 'failed';
  return {
    fleetId: 'the-run',
    masterUrl: 'http://127.0.0.1:1',
    login: { username: 'loadwright', password: 'a password' },
    expectedWorkers: 1,
    secrets: [],
    readiness: { at: new Date(Date.now() - seconds * 1000), limitSeconds: 600, hint },
    status: async () => [{ name: 'master', role: 'master', state, ...(reason !== undefined && { reason }) }],
    logs: async function* () {},
    destroy: async () => ({ removed: [], remaining: [] }),
  };
}

const silence = async () => {
  throw new LoadwrightError('MASTER_LOST', 'Nobody answers.', { hint: 'Read the log.', retryable: true });
};

it.each([
  [
    'is young',
    started(120),
    /^The machine of the-run is still being made ready \(2m\d*s? of at most 10m\)\.$/,
    /^Try again/,
    [{ action: 'show-fleet', fleetId: 'the-run' }],
  ],
  ['is old enough', started(660), /^Nobody answers\.$/, /^see allowedAddresses$/, []],
  [
    'has ended',
    started(120, 'it is gone'),
    /^Nobody answers\. it is gone\.$/,
    /^See the state/,
    [{ action: 'show-fleet', fleetId: 'the-run' }],
  ],
])('says of a silent master whose machine %s why that may be', async (_what, handle, message, told, next) => {
  await expect(askMaster(handle, silence)).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(told),
    next,
    retryable: true,
  });
});

it('gives answers, and other errors, as they are', async () => {
  await expect(askMaster(started(1), async () => 7)).resolves.toBe(7);
  const refused = async () => {
    throw new LoadwrightError('MASTER_PROTOCOL', 'no');
  };
  await expect(askMaster(started(1), refused)).rejects.toMatchObject({ code: 'MASTER_PROTOCOL' });
});

it('does not wait for an answer that never comes', async () => {
  const mute = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  await expect(askMaster(started(660), mute, 20)).rejects.toMatchObject({
    code: 'PROVISIONING_FAILED',
    message: 'The Locust master at http://127.0.0.1:1 does not answer.',
    hint,
  });
});
