import { describe, expect, it } from 'vitest';
import {
  capacityOptionsSchema,
  capacityRequestsPerSecond,
  logNormalSigma,
  serviceTimes,
  SlotQueue,
} from './capacity.js';

const options = (input: Record<string, unknown> = {}) => capacityOptionsSchema.parse(input);

function draw(input: Record<string, unknown>, count: number): number[] {
  const next = serviceTimes(options(input));
  return Array.from({ length: count }, next);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('capacity', () => {
  it('is concurrency ÷ mean service time', () => {
    expect(capacityRequestsPerSecond(options())).toBe(400);
    expect(capacityRequestsPerSecond(options({ concurrency: 3, serviceTime: '1s' }))).toBe(3);
  });

  it.each([
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: 1.5 }, 'concurrency'],
    [{ serviceTime: '0s' }, 'serviceTime'],
    [{ serviceTime: '20' }, 'serviceTime'],
    [{ distribution: 'normal' }, 'distribution'],
    [{ queueLimit: -1 }, 'queueLimit'],
    [{ seed: -1 }, 'seed'],
    [{ port: 65536 }, 'port'],
  ])('refuses %j', (input, field) => {
    expect(capacityOptionsSchema.safeParse(input).error?.issues[0]?.path).toEqual([field]);
  });
});

describe('service times', () => {
  it('are all the same when constant', () => {
    expect(new Set(draw({ serviceTime: '30ms' }, 100))).toEqual(new Set([30]));
  });

  it.each(['exponential', 'log-normal'])('keep their mean when %s', (distribution) => {
    const times = draw({ serviceTime: '40ms', distribution }, 100_000);
    expect(mean(times) / 40).toBeCloseTo(1, 1.7);
    expect(Math.min(...times)).toBeGreaterThan(0);
  });

  it('have the spread of their distribution', () => {
    const exponential = draw({ serviceTime: '10ms', distribution: 'exponential' }, 100_000);
    // P(X > mean) = 1/e for every exponential distribution.
    expect(exponential.filter((time) => time > 10).length / exponential.length).toBeCloseTo(
      Math.exp(-1),
      1.7,
    );
    const logarithms = draw({ serviceTime: '10ms', distribution: 'log-normal' }, 100_000).map(Math.log);
    const center = mean(logarithms);
    const variance = mean(logarithms.map((value) => (value - center) ** 2));
    expect(Math.sqrt(variance)).toBeCloseTo(logNormalSigma, 1.7);
  });

  it('repeat with the seed and differ with another', () => {
    const distribution = 'log-normal';
    expect(draw({ distribution, seed: 7 }, 50)).toEqual(draw({ distribution, seed: 7 }, 50));
    expect(draw({ distribution, seed: 7 }, 50)).not.toEqual(draw({ distribution, seed: 8 }, 50));
  });
});

describe('SlotQueue', () => {
  it('serves at once while a slot is free, then in order of arrival', () => {
    const queue = new SlotQueue(options({ concurrency: 2, serviceTime: '10ms' }));
    expect([0, 1, 2, 3, 30].map((now) => queue.admit(now))).toEqual([10, 11, 20, 21, 40]);
  });

  it('refuses what does not fit into the queue, until something has left it', () => {
    const queue = new SlotQueue(options({ concurrency: 1, serviceTime: '10ms', queueLimit: 2 }));
    expect([0, 0, 0, 0, 0].map((now) => queue.admit(now))).toEqual([10, 20, 30, undefined, undefined]);
    expect(queue.admit(10)).toBe(40);
    expect(queue.admit(10)).toBeUndefined();
  });

  it('lets none wait with a queue limit of 0', () => {
    const queue = new SlotQueue(options({ concurrency: 1, serviceTime: '10ms', queueLimit: 0 }));
    expect([0, 9, 10].map((now) => queue.admit(now))).toEqual([10, undefined, 20]);
  });

  it('serves exactly its capacity under any overload', () => {
    const overloaded = options({
      concurrency: 7,
      serviceTime: '5ms',
      distribution: 'exponential',
      queueLimit: 20,
    });
    const queue = new SlotQueue(overloaded);
    const seconds = 60;
    let served = 0;
    // Arrivals at twice the capacity.
    for (let now = 0; now < seconds * 1000; now += 5 / 14) {
      if (queue.admit(now) !== undefined) served += 1;
    }
    expect(served / seconds / capacityRequestsPerSecond(overloaded)).toBeCloseTo(1, 1.7);
  });
});
