import { setTimeout as delay } from 'node:timers/promises';
import type { Aws } from './clients.js';
import type { Pace } from './settings.js';

/** What AWS itself takes its time for: the limits of {@link Pace}. */
export type Patience = keyof Pick<Pace, 'unknownOutcome' | 'propagation' | 'removal'>;

/**
 * How often AWS is looked at before it counts as too late, whatever the time: a computer that slept, or that had no time for
 * this process, has not looked meanwhile.
 */
const leastLooks = 5;

/**
 * Looks again and again, at growing distances, until there is an answer.
 *
 * @param limit After it, it gives up: what AWS takes its time for, looked at five times at least; or milliseconds that its
 * caller has, looked at once at least.
 * @returns undefined when time is up.
 */
export async function poll<Answer>(
  { settings: { pace }, signal }: Aws,
  limit: Patience | number,
  look: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const [milliseconds, least] = typeof limit === 'number' ? [limit, 1] : [pace[limit], leastLooks];
  const end = performance.now() + milliseconds;
  let pause = pace.firstPause;
  for (let looks = 1; ; looks += 1) {
    const answer = await look();
    const left = end - performance.now();
    if (answer !== undefined || (left <= 0 && looks >= least)) return answer;
    await delay(left > 0 ? Math.min(pause, left) : pause, undefined, { signal });
    pause = Math.min(pause * 1.5, pace.longestPause);
  }
}
