import { setTimeout as delay } from 'node:timers/promises';
import type { Aws } from './clients.js';

/**
 * Looks again and again, at growing distances, until there is an answer.
 *
 * @param limit Milliseconds after which it gives up; it looks at least once.
 * @returns undefined when time is up.
 */
export async function poll<Answer>(
  { settings: { pace }, signal }: Aws,
  limit: number,
  look: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const end = performance.now() + limit;
  for (let pause = pace.firstPause; ; pause = Math.min(pause * 1.5, pace.longestPause)) {
    const answer = await look();
    const left = end - performance.now();
    if (answer !== undefined || left <= 0) return answer;
    await delay(Math.min(pause, left), undefined, { signal });
  }
}
