import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RecordedTrial } from './contract.js';
import { Journal } from './journal.js';

const trial: RecordedTrial = {
  ...{ rate: 12.5, purpose: 'refine', skipSeconds: 1, overloaded: false, failed: 1, ended: 25 },
  seconds: [{ tallies: [{ sum: 1, weight: 12 }], due: 12, ended: 12, inFlight: 0 }],
  ...{ times: [[10, 24]], requests: 26, spentSeconds: 3.5, backlog: 0, invalid: [] },
};
/** With all that a trial may have. */
const observed: Required<RecordedTrial> = {
  ...{ ...trial, refusedShare: 0.5, instances: 2, queuedRequests: 7, queuedSeconds: 0.25 },
  resources: { cpu: 0.9 },
};

it('gives back the trials of an interrupted calibration, of the same options only', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'loadwright-journal-')), 'calibration.jsonl');
  expect(await new Journal(path).open({ a: 1 })).toEqual([]);
  await new Journal(path).add(trial);
  await new Journal(path).add(observed);
  expect(await new Journal(path).open({ a: 1 })).toEqual([trial, observed]);
  await expect(new Journal(path).open({ a: 2 })).rejects.toThrow('with other options: a');
  await expect(new Journal(path).open({ a: 1, payloads: 'c' })).rejects.toThrow(
    'with other options: payloads',
  );
  await writeFile(path, `${await readFile(path, 'utf8')}{"rate":\n`);
  await expect(new Journal(path).open({ a: 1 })).rejects.toThrow('line 4: this is no trial');
});
