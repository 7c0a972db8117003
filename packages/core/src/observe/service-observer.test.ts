import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObservationContext, ObservationDefinition } from '../target/observation-contract.js';
import { ServiceObserver } from './service-observer.js';

const zero = Date.UTC(2026, 0, 1);
const now = () => ({ startedAt: zero, endedAt: Date.now(), signal: new AbortController().signal });

beforeEach(() => {
  vi.useFakeTimers({ now: zero });
});
afterEach(() => {
  vi.useRealTimers();
});

function observerOf(
  read: ObservationDefinition['read'],
  more: Partial<ObservationDefinition> = {},
  starts = true,
): ServiceObserver {
  const observation: ObservationDefinition = {
    figures: {
      instances: { unit: 'instances', description: 'that serve' },
      cpu: { unit: '%', description: 'of all cores', full: 100 },
    },
    intervalSeconds: 10,
    read,
    ...more,
  };
  const context = { environment: {}, baseDirectory: '/', signal: new AbortController().signal };
  const observer = new ServiceObserver({ observation, options: {}, context });
  if (starts) observer.start();
  return observer;
}

const cpu = (value: number, seconds = 20) => ({ figure: 'cpu', at: Date.now(), seconds, value });

it('reads at its interval, and reports each value once on the time axis of the load', async () => {
  const minute = { figure: 'instances', part: 'A', at: zero - 60_000, seconds: 60, value: 2 };
  const read = vi.fn(async () => ({
    points: [minute, { ...minute, at: zero }, cpu(40)],
    events: [{ at: zero + 5000, text: 'one more' }],
  }));
  const observer = observerOf(read);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(read).toHaveBeenCalledTimes(7);
  const found = await observer.finish(now());
  expect(found).toMatchObject({ readings: { good: 8, failed: 0 }, notes: [] });
  expect(found.events).toEqual([{ elapsedSeconds: 5, text: 'one more' }]);
  // The minute that ended as the load began is none of it.
  expect(found.figures[0]).toMatchObject({ name: 'instances', part: 'A', points: [[0, 60, 2]] });
  expect(found.figures[1]!.points.map(([from]) => from)).toEqual([0, 10, 20, 30, 40, 50, 60]);
});

it('reads less often while it fails, and says how often it did', async () => {
  const read = vi.fn(() => Promise.reject(new Error('ThrottlingException: Rate exceeded')));
  const observer = observerOf(read);
  await vi.advanceTimersByTimeAsync(600_000);
  // After 0, 20, 60, 140 s, and then every two minutes.
  expect(read).toHaveBeenCalledTimes(7);
  expect(await observer.finish(now())).toMatchObject({
    readings: { good: 0, failed: 8 },
    figures: [],
    notes: ['The service could not be observed: ThrottlingException: Rate exceeded (8 of 8 readings)'],
  });
});

it('goes back to its interval when it succeeds again, and asks for all that it has missed', async () => {
  const asked: number[] = [];
  let fails = true;
  const observer = observerOf((_, { since }: ObservationContext) => {
    asked.push((since - zero) / 1000);
    return fails ? Promise.reject(new Error('no')) : Promise.resolve({ points: [cpu(1)] });
  });
  await vi.advanceTimersByTimeAsync(65_000);
  fails = false;
  await vi.advanceTimersByTimeAsync(100_000);
  expect(asked).toEqual([0, 0, 0, 0, 130, 140]);
  await observer.finish(now());
});

it('gives up a reading that does not answer, and does not wait for it at the end', async () => {
  const observer = observerOf(() => new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(45_000);
  const finished = observer.finish(now());
  await vi.advanceTimersByTimeAsync(30_000);
  expect((await finished).notes).toEqual([
    'The service could not be observed: no answer within 30 s (2 of 2 readings)',
  ]);
});

it('waits after the load for what appears late, unless somebody stops', async () => {
  const read = vi.fn(async () => ({ points: [cpu(5)] }));
  const observer = observerOf(read, { publicationSeconds: 120 });
  await vi.advanceTimersByTimeAsync(60_000);
  const stop = new AbortController();
  const waited: number[] = [];
  const finished = observer.finish({
    ...now(),
    signal: stop.signal,
    onWait: (seconds) => waited.push(seconds),
  });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(waited).toEqual([120]);
  stop.abort();
  expect((await finished).readings.good).toBe(11);
});

it('reports problems beside what it could read, and when there was nothing', async () => {
  const partly = observerOf(async () => ({ points: [cpu(1)], problems: ['CloudWatch: denied.'] }));
  expect((await partly.finish(now())).notes).toEqual(['CloudWatch: denied. (1 of 1 readings)']);
  const empty = observerOf(async () => ({ points: [] }));
  expect((await empty.finish(now())).notes).toEqual([expect.stringContaining('reported no figure')]);
});

it('knows how much of a resource was used in a part of the time', async () => {
  let value = 30;
  const observer = observerOf(async () => ({ points: [cpu(value, 10)] }));
  await vi.advanceTimersByTimeAsync(15_000);
  value = 250;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(observer.usedBetween(zero, zero + 20_000)).toEqual({ cpu: 0.3 });
  expect(observer.usedBetween(zero, zero + 30_000)).toEqual({ cpu: 1 });
  expect(observer.usedBetween(zero + 60_000, zero + 90_000)).toEqual({});
  await observer.finish(now());
});

it('means the instances of all parts and what waits in their queues over a time', async () => {
  const zero = Date.now();
  const point = (figure: string, part: string, value: number, second: number) => ({
    ...{ figure, part, value, at: zero + second * 1000, seconds: 10 },
  });
  const figures = {
    instances: { unit: 'instances', description: '', indicates: 'instances' },
    waiting: { unit: 'ms', description: '', indicates: 'queue' },
    depth: { unit: 'requests', description: '', indicates: 'queue' },
  } as const;
  const points = [
    ...[point('instances', 'a', 2, 0), point('instances', 'a', 4, 10), point('instances', 'b', 1, 0)],
    ...[point('waiting', 'a', 500, 0), point('waiting', 'b', 1500, 0), point('depth', 'a', 7, 0)],
  ];
  const observer = observerOf(() => Promise.resolve({ points }), { figures });
  await vi.advanceTimersByTimeAsync(1000);
  expect(observer.capacityBetween(zero, zero + 20_000)).toEqual({
    ...{ instances: 4, queuedSeconds: 1.5, queuedRequests: 7 },
  });
  expect(observer.capacityBetween(zero + 10_000, zero + 20_000)).toEqual({ instances: 4 });
  expect(observer.capacityBetween(zero + 60_000, zero + 90_000)).toEqual({});
  await observer.finish(now());
});

describe('counts of the load', () => {
  const counts = { counters: { hits: 5 }, requests: [] };
  const differing = { counts: [], differences: ['two more'], contradictions: [] };

  async function compared(
    read: ObservationDefinition['read'],
    compare = vi.fn(() => differing),
  ): Promise<[Awaited<ReturnType<ServiceObserver['finish']>>, typeof compare]> {
    const observer = observerOf(read, { compare }, false);
    await observer.startBefore(new AbortController().signal);
    await vi.advanceTimersByTimeAsync(25_000);
    return [await observer.finish({ ...now(), counts }), compare];
  }

  it('are compared with a reading before the load and one after it', async () => {
    let readings = 0;
    const previous: unknown[] = [];
    const [{ comparison }, compare] = await compared(async (_, context) => {
      previous.push(context.previous?.state);
      return { points: [cpu(1)], state: (readings += 1) };
    });
    expect(comparison).toBe(differing);
    expect(compare.mock.calls).toEqual([
      [
        {},
        {
          before: expect.objectContaining({ state: 1 }),
          after: expect.objectContaining({ state: readings }),
        },
        counts,
      ],
    ]);
    expect(previous).toEqual([undefined, ...Array.from({ length: readings - 1 }, (_, index) => index + 1)]);
  });

  it.each([
    ['before', (reading: number) => reading === 1],
    ['after', (reading: number) => reading > 3],
  ])('are not, and a note says so, when nothing was read %s the load', async (when, fails) => {
    let readings = 0;
    const [{ comparison, notes }, compare] = await compared(async () => {
      readings += 1;
      if (fails(readings)) throw new Error('refused');
      return { points: [cpu(1)] };
    });
    expect(comparison).toBeUndefined();
    expect(compare).not.toHaveBeenCalled();
    expect(notes).toContainEqual(expect.stringMatching(`could not be read ${when} the load`));
  });
});
