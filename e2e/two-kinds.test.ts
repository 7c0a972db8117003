import { tmpdir } from 'node:os';
import { createFleetId } from '@loadwright/core';
import { describe, expect, it } from 'vitest';
import { fakeMaster, useAws } from '@loadwright/aws-stand-in';
import {
  endMachine,
  makeGroupFromBeforeKinds,
  makeNamesOfFormat2,
  retag,
} from '../packages/infra/test/ec2/altered-fleets.js';
import { fleetOfKind } from '../packages/infra/test/ec2/quick-fleet.js';
import { requestOf, uiPort, withFolder } from '../packages/infra/test/ec2/work.js';
import { fleetKinds } from '../packages/cli/src/fleet/fleet-kinds.js';
import { builtInFleets } from '../packages/cli/src/fleet/kinds.js';
import { main } from '../packages/cli/src/main.js';
import { TestIo } from '../packages/cli/test/support.js';

const aws = useAws();
const timeout = 120_000;
const never = new AbortController().signal;
const longAgo = new Date(Date.now() - 48 * 3_600_000);

/** A fleet of EC2 under another name is the least that a second kind can be: all of its resources are of the same sorts. */
const kinds = ['ec2', 'other'] as const;
type KindName = (typeof kinds)[number];

/** One folder a kind: journals of one are no help to the other. */
function fleetOf(kind: KindName, folder: string, fleetId = createFleetId()) {
  const environment = {
    ...aws().environment,
    LOADWRIGHT_CHECK_IP_URL: `${aws().endpoint}/checkip`,
    LOADWRIGHT_CACHE_DIR: '/dev/null/cache',
  };
  const work = { fleetId, folder, environment, uiPort, adopted: {} };
  return { work, fleet: fleetOfKind(kind, work) };
}

/** The command with both kinds, on a machine that made none of the fleets. */
async function command(folder: string, argv: readonly string[]) {
  const io = new TestIo({ environment: { ...aws().environment, AWS_REGION: aws().region } });
  const { ec2 } = builtInFleets;
  const registered = kinds.map((kind) => ({
    ...ec2!,
    kind,
    load: async () => ({
      ...(await ec2!.load()),
      create: () => fleetOf(kind, `${folder}/elsewhere`).fleet,
      known: async () => [],
    }),
  }));
  const exitCode = await main(argv, io, fleetKinds(registered));
  return { exitCode, stdout: io.stdout.text, stderr: io.stderr.text };
}

async function provision(kind: KindName, folder: string, fleetId?: string): Promise<string> {
  Object.assign(aws().behaviour, fakeMaster({ port: uiPort, password: '', workers: 2 }));
  const { work, fleet } = fleetOf(kind, folder, fleetId);
  await fleet.provision(requestOf(work, never));
  return work.fleetId;
}

/** What `use` adds to the account. */
async function madeBy<Result>(use: () => Promise<Result>): Promise<[string[], Result]> {
  const before = await aws().inventory();
  const result = await use();
  const after = await aws().inventory();
  return [after.filter((resource) => !before.includes(resource)), result];
}

type State = 'incomplete' | 'running' | 'expired' | 'orphaned';

/** A fleet of a kind in a state. */
async function make(kind: KindName, state: State, folder: string): Promise<string> {
  const old = createFleetId(longAgo);
  const [made, fleetId] = await madeBy(() => provision(kind, folder, state === 'orphaned' ? old : undefined));
  const at = longAgo.toISOString();
  if (state === 'expired') await retag(aws(), made, { 'loadwright:expires-at': at });
  if (state === 'orphaned') await retag(aws(), made, { 'loadwright:created-at': at });
  if (state === 'incomplete' || state === 'orphaned') await endMachine(aws(), fleetId);
  return fleetId;
}

/** A kind's fleets, one in each state, and all that they consist of. */
async function makeAll(kind: KindName, folder: string) {
  const states = ['incomplete', 'running', 'expired', 'orphaned'] as const;
  const [, ids] = await madeBy(async () => {
    const made: [State, string][] = [];
    for (const state of states) made.push([state, await make(kind, state, folder)]);
    return Object.fromEntries(made) as Record<State, string>;
  });
  return ids;
}

/** Calls since then that name something and do more than look. */
function changesOf(from: number, names: readonly string[]): string[] {
  return aws()
    .calls.slice(from)
    .filter(({ name }) => !/:(Describe|List|Get|Head|Assume)/.test(name))
    .filter(({ parameters }) => names.some((one) => JSON.stringify(parameters).includes(one)))
    .map(({ name }) => name);
}

it(
  'fleets of two kinds in one account: none is listed, collected or removed by the other kind',
  () =>
    withFolder(tmpdir(), async (folder) => {
      const start = await aws().inventory();
      const [ofFirst, first] = await madeBy(() => makeAll('ec2', folder));
      const [ofSecond, second] = await madeBy(() => makeAll('other', folder));
      const fleets = { ec2: first, other: second };
      const parts = { ec2: ofFirst, other: ofSecond };

      for (const [kind, theirs] of [['ec2', 'other'] as const, ['other', 'ec2'] as const]) {
        const flags = ['--fleet', kind];
        const listed = JSON.parse((await command(folder, ['list', '--json', ...flags])).stdout) as {
          fleetId: string;
          state: string;
        }[];
        expect(listed.map(({ fleetId, state }) => [fleetId, state]).sort()).toEqual(
          Object.entries(fleets[kind])
            .map(([state, fleetId]) => [fleetId, state])
            .sort(),
        );

        const from = aws().calls.length;
        const untouched = async () => {
          const now = await aws().inventory();
          const names = [
            ...parts[theirs].map((one) => one.replace(/^[^/]*\//, '')),
            ...Object.values(fleets[theirs]),
          ];
          expect({
            gone: parts[theirs].filter((one) => !now.includes(one)),
            changes: changesOf(from, names),
          }).toEqual({ gone: [], changes: [] });
        };
        const collected = await command(folder, ['gc', '--yes', '--json', ...flags]);
        expect(JSON.parse(collected.stdout)).toMatchObject({
          fleets: [fleets[kind].expired, fleets[kind].orphaned],
          remaining: [],
        });
        await untouched();
        // Whoever names a fleet of another kind removes nothing of it.
        for (const fleetId of Object.values(fleets[theirs])) {
          const { exitCode, stdout } = await command(folder, [
            'destroy',
            fleetId,
            '--yes',
            '--json',
            ...flags,
          ]);
          expect({ exitCode, document: JSON.parse(stdout) as unknown }).toMatchObject({
            exitCode: 0,
            document: { removed: [] },
          });
        }
        await untouched();
        for (const fleetId of [fleets[kind].incomplete, fleets[kind].running]) {
          expect((await command(folder, ['destroy', fleetId, '--yes', ...flags])).exitCode).toBe(0);
        }
        await untouched();
        const now = await aws().inventory();
        expect(parts[kind].filter((one) => now.includes(one))).toEqual([]);
        parts[kind] = [];
        fleets[kind] = {} as typeof first;
      }
      expect(await aws().inventory()).toEqual(start);
    }),
  timeout,
);

describe('a fleet of another version', () => {
  const flags = ['--fleet', 'ec2'];

  it(
    'that is newer is reported, and neither opened, collected nor removed',
    () =>
      withFolder(tmpdir(), async (folder) => {
        const [made, whole] = await madeBy(() => make('ec2', 'expired', folder));
        await retag(aws(), made, { 'loadwright:format': '2' });
        // One that broke off: names alone.
        const half = createFleetId(longAgo);
        await makeNamesOfFormat2(aws(), half);
        const before = await aws().inventory();

        const list = await command(folder, ['list', ...flags]);
        for (const fleetId of [whole, half]) {
          expect(list.stdout).toMatch(new RegExp(`${fleetId} +other-version`));
          expect(list.stdout).toContain(
            `${fleetId} is left alone: made by a newer version of Loadwright: update`,
          );
        }
        const collected = await command(folder, ['gc', '--yes', ...flags]);
        expect(collected.stdout).toContain('No expired or orphaned fleet');
        expect(collected.stdout).toContain(`${half} is left alone: made by a newer version`);
        for (const fleetId of [whole, half]) {
          const { exitCode, stderr } = await command(folder, ['destroy', fleetId, '--yes', ...flags]);
          expect({ exitCode, stderr }).toMatchObject({
            exitCode: 98,
            stderr: expect.stringContaining('made by a newer version of Loadwright: update') as string,
          });
        }
        const { fleet, work } = fleetOf('ec2', folder, whole);
        const refused = { message: `Fleet ${whole} was made by a newer version of Loadwright: update.` };
        await expect(fleet.open(whole)).rejects.toMatchObject(refused);
        await expect(fleet.provision(requestOf(work, never))).rejects.toThrow(refused.message);
        expect(await aws().inventory()).toEqual(before);
      }),
    timeout,
  );

  it('that is earlier, from before kinds, is reported likewise', () =>
    withFolder(tmpdir(), async (folder) => {
      const fleetId = createFleetId(longAgo);
      await makeGroupFromBeforeKinds(aws(), fleetId, longAgo);
      const before = await aws().inventory();
      const says = 'made by an earlier version of Loadwright, which alone removes it';
      expect((await command(folder, ['list', ...flags])).stdout).toContain(
        `${fleetId} is left alone: ${says}`,
      );
      expect((await command(folder, ['list', '--fleet', 'other'])).stdout).toContain('No fleet is deployed');
      expect((await command(folder, ['gc', '--yes', ...flags])).exitCode).toBe(0);
      expect((await command(folder, ['destroy', fleetId, '--yes', ...flags])).stderr).toContain(says);
      expect(await aws().inventory()).toEqual(before);
    }));
});
