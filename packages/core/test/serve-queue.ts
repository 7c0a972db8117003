/**
 * Makes trials of the simulated services for other programs, for `mlrsearch_oracle.py`: a line `{"rate", "seconds"}` in, a line
 * `{"offered", "lost"}` out. `npx jiti packages/core/test/serve-queue.ts <case> <seed>`
 */
import { createInterface } from 'node:readline';
import { capacityCase } from './calibration-cases.js';

const [number, seed] = process.argv.slice(2).map(Number);
const { simulation, capacity } = capacityCase(number!, seed!);
process.stdout.write(`${JSON.stringify({ capacity })}\n`);
let restSeconds = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { rate, seconds } = JSON.parse(line) as { rate: number; seconds: number };
  const whole = Math.max(1, Math.ceil(seconds));
  const trial = await simulation.measure({
    ...{ rate, seconds: whole, skipSeconds: 0, restSeconds },
    signal: new AbortController().signal,
    onSeconds: () => {},
  });
  const [sum, weight] = trial.seconds.reduce(
    ([lost, offered], { tallies: [tally] }) => [lost + tally!.sum, offered + tally!.weight],
    [0, 0],
  );
  const ended = trial.seconds.reduce((total, second) => total + second.ended, 0);
  restSeconds = ended === 0 ? whole : Math.ceil((trial.backlog / ended) * whole);
  process.stdout.write(`${JSON.stringify({ offered: weight, lost: sum, seconds: trial.spentSeconds })}\n`);
}
