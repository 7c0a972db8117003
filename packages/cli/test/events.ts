import type { RunEvent, Sample } from '@loadwright/core';

/** One second of a test: figures that differ from second to second, always in the same way. */
export function sample(elapsedSeconds: number, changes: Partial<Sample> = {}): Sample {
  return {
    elapsedSeconds,
    users: 20,
    requestsPerSecond: 150 + 10 * (elapsedSeconds % 4),
    failuresPerSecond: 0,
    inFlight: 18,
    oldestSeconds: 0.31,
    p50: 22,
    p95: 31.4,
    p99: 1240,
    workers: [
      { id: 'worker-1', state: 'running', cpuPercent: 18.2 },
      { id: 'worker-2', state: 'running', cpuPercent: 21.7 },
    ],
    totalRequests: 160 * elapsedSeconds,
    totalFailures: 0,
    ...changes,
  };
}

/** What a run of 20 seconds tells until the given second of its load. */
export function eventsUntil(second: number): RunEvent[] {
  const done = (phase: 'preflight' | 'plan' | 'provision' | 'connect', detail?: string): RunEvent[] => [
    { type: 'phase', phase, state: 'started' },
    { type: 'phase', phase, state: 'finished', ...(detail !== undefined && { detail }) },
  ];
  return [
    ...done('preflight', 'POST /endpoints/fraud/invocations answered 200 in 21 ms'),
    ...done('plan'),
    ...done('provision'),
    { type: 'ready', url: 'http://127.0.0.1:43511', username: 'loadwright', password: 'correct-horse' },
    { type: 'connected', workers: 1, expectedWorkers: 2 },
    { type: 'connected', workers: 2, expectedWorkers: 2 },
    ...done('connect'),
    { type: 'phase', phase: 'load', state: 'started' },
    ...Array.from({ length: second }, (_, index): RunEvent => {
      return { type: 'sample', sample: sample(index + 1), durationSeconds: 20, warmUpSeconds: 0 };
    }),
  ];
}
