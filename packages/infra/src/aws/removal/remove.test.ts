import { expect, it } from 'vitest';
import { Aws } from '../clients.js';
import type { FleetResources } from './fleet-resources.js';
import type { FoundResource, Kind } from '../kind.js';
import { removeFleetResources } from './remove.js';
import { patient } from '../settings.js';

const fleetId = '20261123-093000-0123456789';
const pace = { ...patient, firstPause: 1, longestPause: 1, unknownOutcome: 5 };
const settings = { fleetKind: 'made-up', region: 'eu-west-1', profile: undefined, endpoint: undefined, pace };

/** An account in memory: resources by kind and id, of which some cannot be removed. */
class Account {
  readonly log: string[] = [];
  readonly #there = new Map<string, FoundResource>();

  constructor(
    resources: readonly Partial<FoundResource>[],
    readonly stubborn: readonly string[] = [],
  ) {
    for (const one of resources) {
      const found = { kind: '', id: '', fleetId, tags: {}, ...one };
      this.#there.set(found.id, found);
    }
  }

  kind(name: string): Kind {
    return {
      name,
      find: async () => [...this.#there.values()].filter(({ kind }) => kind === name),
      exists: async (_aws, id) => this.#there.has(id),
      continues: async (_aws, id) => this.stubborn.includes(id),
      destroy: async (_aws, id) => {
        this.log.push(`begin ${id}`);
        // As long as another removal needs to begin, if it does not wait for this one.
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
        if (this.stubborn.includes(id)) throw new Error('no');
        this.#there.delete(id);
        this.log.push(`end ${id}`);
      },
    };
  }
}

async function remove(resources: FleetResources) {
  const aws = new Aws(settings, new AbortController().signal);
  const report = await removeFleetResources(aws, resources, fleetId, { expected: new Map() });
  aws.close();
  return report;
}

const lastMade = async () => undefined;

it('removes what uses a resource before it, and the rest at the same time', async () => {
  const account = new Account([
    { kind: 'service', id: 's-1' },
    { kind: 'instance', id: 'i-1' },
    { kind: 'instance', id: 'i-2' },
    { kind: 'cluster', id: 'c-1' },
    { kind: 'log group', id: 'l-1' },
  ]);
  const [service, instance, cluster, logs] = ['service', 'instance', 'cluster', 'log group'].map((name) =>
    account.kind(name),
  ) as [Kind, Kind, Kind, Kind];
  const rows = [
    { kind: service },
    { kind: instance, after: [service] },
    { kind: cluster, after: [service, instance] },
    { kind: logs },
  ];
  expect(await remove({ rows, lastMade })).toMatchObject({ remaining: [] });
  const place = (line: string) => account.log.indexOf(line);
  expect(place('begin l-1')).toBeLessThan(place('end s-1'));
  expect(place('end s-1')).toBeLessThan(Math.min(place('begin i-1'), place('begin i-2')));
  expect(place('begin i-2')).toBeLessThan(place('end i-1'));
  expect(Math.max(place('end i-1'), place('end i-2'))).toBeLessThan(place('begin c-1'));
});

it('leaves what one of several machines holds that cannot be ended, and nothing that another held', async () => {
  const account = new Account(
    [
      { kind: 'instance', id: 'i-1', part: 'worker-1' },
      { kind: 'instance', id: 'i-2', part: 'worker-2' },
      { kind: 'volume', id: 'v-1', holder: 'i-1' },
      { kind: 'volume', id: 'v-2', holder: 'i-2' },
      { kind: 'group', id: 'g' },
    ],
    ['i-2'],
  );
  const [instance, volume, group] = ['instance', 'volume', 'group'].map((name) => account.kind(name)) as [
    Kind,
    Kind,
    Kind,
  ];
  const staysWith = { kind: instance, because: (machine: string) => `the ${machine} needs it` };
  const rows = [
    { kind: instance },
    { kind: volume, after: [instance], staysWith },
    { kind: group, after: [volume], staysWith },
  ];
  const { removed, remaining } = await remove({ rows, lastMade });
  expect(removed.toSorted()).toEqual(['instance i-1', 'volume v-1']);
  expect(remaining.toSorted()).toEqual([
    'group g: the instance i-2 needs it',
    'instance i-2: no',
    'volume v-2: the instance i-2 needs it',
  ]);
});

it('keeps what tells where others are for as long as they could not be looked for, or removed', async () => {
  const account = new Account([
    { kind: 'task', id: 't-1' },
    { kind: 'task', id: 't-2' },
    { kind: 'log group', id: 'l-1' },
  ]);
  const logs = account.kind('log group');
  const seen = account.kind('task');
  let looks = 0;
  // Not seen in the first look, and known by what the log group tells alone.
  const task: Kind = {
    ...seen,
    find: async (aws, scope) => {
      if ((looks += 1) === 1) throw new Error('not now');
      return (await logs.exists(aws, 'l-1')) ? seen.find(aws, scope) : [];
    },
  };
  const rows = [{ kind: task }, { kind: logs, after: [task], tellsOf: [task] }];
  expect(await remove({ rows, lastMade })).toMatchObject({ remaining: [] });
  expect(account.log.slice(-2)).toEqual(['begin l-1', 'end l-1']);
  expect(account.log).toContain('end t-2');

  const stubborn = new Account(
    [
      { kind: 'task', id: 't-1' },
      { kind: 'log group', id: 'l-1' },
    ],
    ['t-1'],
  );
  const [one, other] = [stubborn.kind('task'), stubborn.kind('log group')] as const;
  const { remaining } = await remove({
    rows: [{ kind: one }, { kind: other, tellsOf: [one], after: [one] }],
    lastMade,
  });
  expect(remaining).toEqual(['task t-1: no', 'log group l-1: it is still there']);
});
