import { describe, expect, it } from 'vitest';
import { latencyCondition, QueueSimulation, type Distribution } from '../../../test/queue-simulation.js';
import type { Trial } from '../contract.js';
import { isotonicFit } from './isotonic.js';
import { backlogSlope } from './slope.js';

/** One trial of a queue of which the rate uses a share. */
function trial(use: number, seconds: number, seed: number, distribution: Distribution): Promise<Trial> {
  const service = { slots: 4, distribution, meanSeconds: 0.02, seed };
  return new QueueSimulation(service, [latencyCondition(95, 100)]).measure({
    ...{ rate: 200 * use, seconds, skipSeconds: 0, restSeconds: 0 },
    signal: new AbortController().signal,
    onSeconds: () => {},
  });
}

describe('the slope of a backlog', () => {
  it.each(['deterministic', 'exponential', 'log-normal'] as const)(
    'shows an overload of a third within seconds, and none at 92 %% of the use: %s',
    async (distribution) => {
      for (let seed = 1; seed <= 20; seed += 1) {
        expect(backlogSlope((await trial(1.35, 20, seed, distribution)).seconds).grows).toBe(true);
        const { seconds } = await trial(0.92, 60, seed, distribution);
        const looks = seconds.map((_, at) => backlogSlope(seconds.slice(0, at + 1)).grows);
        expect(looks).not.toContain(true);
      }
    },
  );

  it('is none while slow answers only become as many as they always are', () => {
    const filling = Array.from({ length: 30 }, (_, at) => ({
      ...{ due: 50, ended: at < 10 ? 1 : 50, inFlight: Math.min(at + 1, 10) * 49 },
    }));
    expect(backlogSlope(filling.slice(0, 10), 10).grows).toBe(false);
    expect(backlogSlope(filling, 10).grows).toBe(false);
  });
});

describe('the isotonic fit', () => {
  it.each([
    [
      [1, 2, 3],
      [1, 1, 1],
      [1, 2, 3],
    ],
    [
      [3, 1, 2],
      [1, 1, 1],
      [2, 2, 2],
    ],
    [
      [1, 4, 2, 5],
      [1, 1, 3, 1],
      [1, 2.5, 2.5, 5],
    ],
    [[], [], []],
  ])('of %j with weights %j is %j', (means, weights, fit) => {
    expect(isotonicFit(means, weights)).toEqual(fit);
  });
});
