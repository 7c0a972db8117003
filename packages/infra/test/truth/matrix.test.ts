import { afterAll, beforeAll, expect, it } from 'vitest';
import { casesToTry } from '../matrix.js';
import { Lanes } from './lanes.js';
import { loadKinds } from './loads.js';
import { rows } from './rows.js';

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

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close(), 180_000);

it('has a row for each lie, load and number of workers', () => expect(all).toHaveLength(84));

for (const { name, row, load, workers } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
  it.concurrent(name, () => lanes.use((lane) => lane.try(row, load, workers)), 180_000);
}
