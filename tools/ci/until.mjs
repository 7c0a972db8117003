import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until it holds.
 *
 * @param {string} what for the error, after "it did not come to pass that"
 * @param {() => boolean | Promise<boolean>} holds may throw while it does not hold yet
 */
export async function until(what, holds) {
  const deadline = Date.now() + 60_000;
  let reason = '';
  while (Date.now() < deadline) {
    try {
      if (await holds()) return;
    } catch (error) {
      reason = `: ${error.message}`;
    }
    await sleep(200);
  }
  throw new Error(`in 60 s it did not come to pass that ${what}${reason}`);
}
