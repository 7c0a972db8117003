import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AwsStandIn } from '../aws/index.js';
import { callsOf, leaked, troubles, type Case, type Phase, type Trouble } from './cases.js';

/** With `npm run test:leaks` every call is hit; otherwise one of these many, a different one for each trouble. */
const every = process.env['LOADWRIGHT_LEAKS'] === 'all' ? 1 : 12;
/** Accounts that are worked on at the same time: most of a case is waiting. */
const lanes = 4;

let accounts: AwsStandIn[];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-leaks-'));
  accounts = await Promise.all(Array.from({ length: lanes }, () => AwsStandIn.start()));
}, 120_000);

afterAll(async () => {
  await Promise.all((accounts ?? []).map((account) => account.stop()));
  await rm(folder, { recursive: true, force: true });
});

it(
  'leaves nothing behind, whatever happens to whichever call',
  async () => {
    const cases = await allCases();
    const failures: string[] = [];
    const next = cases.values();
    await Promise.all(
      accounts.map(async (account) => {
        for (const one of next) {
          const left = await leaked(account, one, folder).catch((error: unknown) => [String(error)]);
          if (left.length > 0)
            failures.push(`${one.phase}, call ${one.at}, ${one.trouble}: ${left.join(', ')}`);
        }
      }),
    );
    process.stdout.write(`cases ${cases.length}, leaked ${failures.length}\n`);
    expect(failures).toEqual([]);
  },
  45 * 60_000,
);

async function allCases(): Promise<Case[]> {
  const cases: Case[] = [];
  for (const phase of ['deploy', 'destroy'] satisfies Phase[]) {
    const calls = await callsOf(accounts[0]!, phase, folder);
    for (const [offset, trouble] of (Object.keys(troubles) as Trouble[]).entries()) {
      for (let at = 1 + ((offset * 5) % every); at <= calls; at += every) cases.push({ phase, at, trouble });
    }
  }
  return cases;
}
