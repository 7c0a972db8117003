import type { LoadProfileInput } from '@loadwright/core';
import type { Rule, Scenario } from './liar.js';

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function generatorOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A load and a server's behaviour, chosen by a number alone. */
export function randomScenario(seed: number): { server: Scenario; load: LoadProfileInput; workers: number } {
  const random = generatorOf(seed);
  const between = (from: number, to: number) => from + random() * (to - from);
  const whole = (from: number, to: number) => Math.floor(between(from, to + 1));
  const oneOf = <Value>(values: readonly Value[]): Value => values[whole(0, values.length - 1)]!;
  const perhaps = <Value extends object>(share: number, make: () => Value) =>
    random() < share ? make() : {};

  const rule = (): Rule => {
    const kind = oneOf([
      'answer',
      'answer',
      'answer',
      'hang',
      'reset',
      'close',
      'garbage',
      'truncate',
    ] as const);
    return {
      do: kind,
      ...perhaps(0.4, () => ({ from: between(0, 3) })),
      ...perhaps(0.2, () => ({ to: between(1, 4) })),
      share: between(0.02, 0.5),
      ...perhaps(0.6, () => ({ delay: random() < 0.5 ? whole(0, 2500) : ([0, whole(1, 1500)] as const) })),
      ...(kind === 'answer' && {
        status: oneOf([200, 200, 204, 403, 429, 500, 503]),
        ...perhaps(0.3, () => ({ gzip: true })),
        ...perhaps(0.3, () => ({ body: oneOf(['', '{"ok":false}', 'not JSON', '{"ok":true,"x":NaN}']) })),
      }),
    };
  };

  const gracefulStop = oneOf(['0s', '500ms', '1s', '3s']);
  const seconds = whole(3, 5);
  const closed = { waitTime: oneOf(['0s', '20ms', '150ms']), gracefulStop };
  const users = whole(2, 25);
  const rate = whole(20, 150);
  const open = {
    gracefulStop,
    arrivals: oneOf(['constant', 'poisson'] as const),
    maxInFlight: oneOf([5, 30, 1000]),
  };
  const loads: readonly LoadProfileInput[] = [
    { users, duration: `${seconds}s`, ...closed },
    { users, spawnRate: whole(2, 20), duration: `${seconds}s`, warmUp: '0s', ...closed },
    { arrivalRate: `${rate}/s`, duration: `${seconds}s`, ...open },
    {
      stages: [
        { duration: '1s', arrivalRate: `${rate}/s` },
        { duration: `${seconds - 1}s`, arrivalRate: `${whole(0, 150)}/s` },
      ],
      ...open,
    },
    {
      stages: [
        { duration: '1s', users },
        { duration: '1s', users: whole(0, users) },
        { duration: `${seconds - 2}s`, users: whole(0, users) },
      ],
      ...closed,
    },
  ];
  return {
    server: {
      rules: Array.from({ length: whole(1, 4) }, rule),
      seed,
      ...perhaps(0.15, () => ({ silentFrom: between(0, 3) })),
      ...perhaps(0.25, () => ({ refusesFrom: between(0.5, 3) })),
    },
    load: oneOf(loads),
    workers: whole(1, 3),
  };
}
