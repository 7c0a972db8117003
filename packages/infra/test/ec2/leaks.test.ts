import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AwsStandIn } from '@loadwright/aws-stand-in';
import { casesToTry } from '../matrix.js';
import { buildChild } from './build-child.js';
import { callsOf, carryOut, troubles, type Case, type Phase, type Trouble } from './cases.js';

/** Accounts that are worked on at the same time: most of a case is waiting. */
const lanes = 4;

let accounts: AwsStandIn[];
let folder: string;
let child: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loadwright-leaks-'));
  child = await buildChild(folder);
  accounts = await Promise.all(Array.from({ length: lanes }, () => AwsStandIn.start()));
}, 120_000);

afterAll(async () => {
  await Promise.all((accounts ?? []).map((account) => account.stop()));
  await rm(folder, { recursive: true, force: true });
});

it(
  'leaves nothing behind, whatever happens to whichever call',
  async () => {
    const all = await allCases();
    // Each with each: seen late, another machine, adopted resources.
    expect(new Set(all.map((one) => `${one.hidden} ${one.elsewhere} ${one.adopted}`)).size).toBe(8);
    const cases = casesToTry(all, { name: nameOf, handful: 6 });
    const failures: string[] = [];
    const next = cases.values();
    await Promise.all(
      accounts.map(async (account) => {
        for (const one of next) {
          const wrong = await wrongWith(account, one).catch((error: unknown) => [String(error)]);
          if (wrong.length > 0) failures.push(`${nameOf(one)}: ${wrong.join(', ')}`);
        }
      }),
    );
    process.stdout.write(`cases ${cases.length} of ${all.length}, leaked ${failures.length}\n`);
    expect(failures).toEqual([]);
  },
  45 * 60_000,
);

async function wrongWith(account: AwsStandIn, one: Case): Promise<readonly string[]> {
  const outcome = await carryOut(account, one, folder, child);
  if (outcome.struck || outcome.left.length > 0) return outcome.left;
  // How often it looks while it waits is not always the same: this time the phase had fewer calls.
  const last = await carryOut(account, { ...one, at: outcome.calls }, folder, child);
  return last.struck ? last.left : ['the trouble did not happen'];
}

async function allCases(): Promise<Case[]> {
  const counts = {
    adopted: await callsOf(accounts[0]!, { adopted: true, hidden: false }, folder),
    own: await callsOf(accounts[0]!, { adopted: false, hidden: false }, folder),
  };
  const cases: Case[] = [];
  for (const phase of ['deploy', 'destroy'] satisfies Phase[]) {
    for (const [offset, trouble] of (Object.keys(troubles) as Trouble[]).entries()) {
      for (const at of placesOf(phase, trouble, counts.own[phase])) {
        // Each call meets each trouble in another variant, and each variant occurs.
        const mix = cases.length + offset + 2;
        const adopted = mix % 3 === 0 && at <= counts.adopted[phase];
        const elsewhere = Math.floor(mix / 2) % 2 === 0;
        cases.push({ phase, trouble, at, adopted, hidden: mix % 2 === 0, elsewhere });
      }
    }
  }
  return cases;
}

/** Numbers of the calls that a trouble hits. */
function placesOf(phase: Phase, trouble: Trouble, calls: number): number[] {
  // It hits the launch alone, in each of four variants.
  if (trouble === 'no capacity') return phase === 'deploy' ? [1, 2, 3, 4] : [];
  // All further calls fail as well: the next number is nearly the same case.
  const step = trouble === 'credentials expired from then on' ? 3 : 1;
  return Array.from({ length: Math.ceil(calls / step) }, (_, index) => 1 + index * step);
}

function nameOf({ phase, trouble, at, adopted, hidden, elsewhere }: Case): string {
  const words = [adopted && 'adopted', hidden && 'hidden', elsewhere && 'elsewhere'].filter(Boolean);
  return [`${phase}: ${trouble}, call ${at}`, ...words].join(', ');
}
