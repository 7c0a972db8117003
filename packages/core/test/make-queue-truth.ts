/**
 * Writes queue-truth.json: the 95th percentile of the response times of queues at 85 % of their use, in mean service times.
 * Not part of the tests, because ten million requests a queue take minutes: `npx jiti packages/core/test/make-queue-truth.ts`.
 */
import { writeFileSync } from 'node:fs';
import { uniformNumbers } from '../src/values/random.js';
import { distributions, serviceTimes } from './queue-simulation.js';

const requests = 10_000_000;
const use = 0.85;

function p95(slots: number, next: () => number, uniform: () => number): number {
  const freeAt = new Float64Array(slots);
  const times = new Float64Array(requests);
  let arrival = 0;
  for (let request = -100_000; request < requests; request += 1) {
    arrival -= Math.log(1 - uniform()) / (use * slots);
    let slot = 0;
    for (let other = 1; other < slots; other += 1) if (freeAt[other]! < freeAt[slot]!) slot = other;
    freeAt[slot] = Math.max(arrival, freeAt[slot]!) + next();
    if (request >= 0) times[request] = freeAt[slot]! - arrival;
  }
  return times.sort()[Math.ceil(requests * 0.95) - 1]!;
}

const truth: Record<string, Record<number, number>> = {};
for (const [seed, distribution] of distributions.entries()) {
  truth[distribution] = {};
  for (const slots of [1, 2, 4, 8, 16]) {
    const uniform = uniformNumbers(1000 * slots + seed);
    truth[distribution][slots] = Number(p95(slots, serviceTimes(distribution, uniform), uniform).toFixed(4));
  }
}
writeFileSync(new URL('queue-truth.json', import.meta.url), `${JSON.stringify(truth)}\n`);
