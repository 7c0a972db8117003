import { vi } from 'vitest';
import { LoadwrightError } from '../src/errors.js';
import type { LocustMaster } from '../src/locust/master.js';
import type { MasterStatistics } from '../src/locust/statistics.js';
import { seriesUpdate } from './statistics-fixture.js';

/** What a master answers: statistics, silence, or whatever a function does. */
export type Answer = MasterStatistics | 'silence' | (() => Promise<MasterStatistics>);

export const silence = new LoadwrightError('MASTER_LOST', 'The Locust master does not answer.', {
  retryable: true,
});

/** A master that gives one answer after the other; the last one stays. */
export function masterWith(...answers: readonly Answer[]) {
  let next = 0;
  const stop = vi.fn<LocustMaster['stop']>(async () => {});
  const statistics = vi.fn(async () => {
    const answer = answers[Math.min(next++, answers.length - 1)]!;
    if (answer === 'silence') throw silence;
    return typeof answer === 'function' ? answer() : answer;
  });
  return { stop, statistics, series: async () => seriesUpdate() };
}
