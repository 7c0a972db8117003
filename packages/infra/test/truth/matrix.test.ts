import { afterAll, beforeAll, expect, it } from 'vitest';
import { casesToTry } from '../matrix.js';
import { Liar } from './liar.js';
import { loadKinds } from './loads.js';
import { rows } from './rows.js';
import { Lane } from './try-row.js';

const workerCounts = [1, 3];
const all = rows.flatMap((row) =>
  loadKinds.flatMap((load) =>
    workerCounts.map((workers) => ({
      name: `${row.name}, ${load}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
      row,
      load,
      workers,
    })),
  ),
);

let liar: Liar;
const free: Lane[] = [];
const lanes: Lane[] = [];

beforeAll(async () => {
  liar = await Liar.start();
});
afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.close()));
  await liar?.stop();
}, 60_000);

/** Most of a case waits: some are tried at the same time, each in a lane of its own. */
async function inLane(work: (lane: Lane) => Promise<void>): Promise<void> {
  let lane = free.pop();
  if (!lane) lanes.push((lane = await Lane.open(liar)));
  try {
    await work(lane);
  } finally {
    free.push(lane);
  }
}

it('has a row for each lie, load and number of workers', () => expect(all).toHaveLength(78));

for (const { name, row, load, workers } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
  it.concurrent(name, () => inLane((lane) => lane.try(row, load, workers)), 120_000);
}
