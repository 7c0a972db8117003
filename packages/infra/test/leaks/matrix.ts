import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AwsStandIn } from '@loadwright/aws-stand-in';
import { buildChild } from '../ec2/build-child.js';
import { casesToTry } from '../matrix.js';
import { callsOf, tryCase, troubles, type Case, type Place, type Subject, type Trouble } from './trial.js';

/** Accounts that are worked on at the same time: most of a case is waiting. */
const lanes = 4;

/**
 * Declares the test that nothing is left of a kind of fleet, whatever happens to whichever call.
 *
 * @param handful how many cases `npm test` tries
 */
export function leakMatrix(subject: Subject, { handful }: { readonly handful: number }): void {
  let places: readonly Place[];
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loadwright-leaks-'));
    const child = await buildChild(folder, subject.child);
    const accounts = await Promise.all(Array.from({ length: lanes }, () => AwsStandIn.start()));
    places = accounts.map((aws) => ({ aws, folder, child }));
  }, 360_000);

  afterAll(async () => {
    await Promise.all((places ?? []).map(({ aws }) => aws.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'leaves nothing behind, whatever happens to whichever call',
    async () => {
      const all = await allCases(subject, places[0]!);
      // Each with each: seen late, another machine, adopted resources.
      expect(new Set(all.map((one) => `${one.hidden} ${one.elsewhere} ${one.adopted}`)).size).toBe(8);
      const cases = casesToTry(all, { name: nameOf, handful });
      const failures: string[] = [];
      const next = cases.values();
      await Promise.all(
        places.map(async (place) => {
          for (const one of next) {
            const wrong = await wrongWith(subject, one, place).catch((error: unknown) => [String(error)]);
            if (wrong.length > 0) failures.push(`${nameOf(one)}: ${wrong.join(', ')}`);
          }
        }),
      );
      process.stdout.write(`cases ${cases.length} of ${all.length}, leaked ${failures.length}\n`);
      // Whole: an assertion about an array names it by its length alone.
      expect(failures.length, failures.join('\n')).toBe(0);
    },
    180 * 60_000,
  );
}

/**
 * How often a phase looks while it waits is not the same each time: where it had fewer calls than the number that is to be
 * hit, its last ones are tried, and those before them.
 */
async function wrongWith(subject: Subject, one: Case, place: Place): Promise<readonly string[]> {
  let { at } = one;
  for (let back = 0; at >= 1; back = 2 * back + 1) {
    const outcome = await tryCase(subject, { ...one, at }, place);
    if (outcome.struck || outcome.left.length > 0) return outcome.left;
    at = outcome.calls - back;
  }
  return ['the trouble did not happen'];
}

async function allCases(subject: Subject, place: Place): Promise<Case[]> {
  const counts = {
    adopted: await callsOf(subject, { adopted: true, hidden: false }, place),
    own: await callsOf(subject, { adopted: false, hidden: false }, place),
  };
  const cases: Case[] = [];
  for (const phase of subject.phases) {
    for (const [offset, trouble] of (Object.keys(troubles) as Trouble[]).entries()) {
      for (const at of placesOf(subject, phase, trouble, counts.own[phase] ?? 0)) {
        // Each call meets each trouble in another variant, and each variant occurs.
        const mix = cases.length + offset + 2;
        const adopted = mix % 3 === 0 && at <= (counts.adopted[phase] ?? 0);
        const elsewhere = Math.floor(mix / 2) % 2 === 0;
        cases.push({ phase, trouble, at, adopted, hidden: mix % 2 === 0, elsewhere });
      }
    }
  }
  return cases;
}

/** Numbers of the calls that a trouble hits. */
function placesOf({ launches }: Subject, phase: string, trouble: Trouble, calls: number): number[] {
  // It hits the launch alone, in each of four variants.
  if (trouble === 'no capacity') return launches.includes(phase) ? [1, 2, 3, 4] : [];
  // All further calls fail as well: the next number is nearly the same case.
  const step = trouble === 'credentials expired from then on' ? 3 : 1;
  return Array.from({ length: Math.ceil(calls / step) }, (_, index) => 1 + index * step);
}

function nameOf({ phase, trouble, at, adopted, hidden, elsewhere }: Case): string {
  const words = [adopted && 'adopted', hidden && 'hidden', elsewhere && 'elsewhere'].filter(Boolean);
  return [`${phase}: ${trouble}, call ${at}`, ...words].join(', ');
}
