import { afterAll, beforeAll, expect, it } from 'vitest';
import { casesToTry } from '../matrix.js';
import { holdBooks } from './lane.js';
import { Lanes } from './lanes.js';
import { randomScenario } from './random-scenario.js';

const all = Array.from({ length: 20 }, (_, index) => ({ name: `scenario ${index + 1}`, seed: index + 1 }));

let lanes: Lanes;
beforeAll(async () => {
  lanes = await Lanes.open();
});
afterAll(() => lanes.close(), 180_000);

for (const { name, seed } of casesToTry(all, { name: (one) => one.name, handful: 1 })) {
  const scenario = randomScenario(seed);
  it.concurrent(
    name,
    () =>
      lanes.use((lane) =>
        lane.measure({ ...scenario, isTolerant: true }, (outcome) => {
          expect(outcome.books.malformed).toBe(0);
          holdBooks(outcome, scenario.server);
        }),
      ),
    180_000,
  );
}
