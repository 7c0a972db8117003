import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fleet, FleetHandle, ProvisionRequest } from '../fleet/contract.js';
import { fleetConformance } from './fleet-conformance.js';

interface Made {
  readonly server: Server;
  workers: number;
  readonly password: string;
}

/** What exists, wherever it is looked at from. */
const world = new Map<string, Made>();

async function remove(fleetId: string): Promise<string[]> {
  const made = world.get(fleetId);
  if (!made) return [];
  world.delete(fleetId);
  made.server.closeAllConnections();
  await new Promise((resolve) => made.server.close(resolve));
  return [`master of ${fleetId}`];
}

afterEach(async () => {
  await Promise.all([...world.keys()].map(remove));
});

function handleOf(fleetId: string): FleetHandle {
  const { password, server, workers } = world.get(fleetId)!;
  const node = (name: string, role: 'master' | 'worker') => ({ name, role, state: 'running' as const });
  return {
    fleetId,
    masterUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    login: { username: 'loadwright', password },
    expectedWorkers: workers,
    secrets: ['secret-of-the-workers'],
    status: async () => [
      node('master', 'master'),
      ...Array.from({ length: workers }, (_, index) => node(`worker-${index + 1}`, 'worker')),
    ],
    async *logs({ role } = {}) {
      for (const node of ['master', 'abc_1']) {
        if (role === undefined || (node === 'master') === (role === 'master')) yield { node, line: 'a line' };
      }
    },
    destroy: async () => ({ removed: await remove(fleetId), remaining: [] }),
  };
}

/** A fleet whose master only knows who may come in. */
const good: Fleet = {
  specificationVersion: 1,
  kind: 'pretend',
  plan: async ({ workers }) => ({
    resources: [`1 master and ${workers} workers`],
    pricePerHour: { usDollars: 0, source: 'nothing is paid for' },
    permissions: [],
  }),
  provision: async ({ fleetId, signal, workers }) => {
    signal.throwIfAborted();
    const password = randomUUID();
    const server = createServer(({ headers }, response) => {
      response.writeHead(headers.authorization === `Bearer ${password}` ? 200 : 401).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    world.set(fleetId, { server, workers, password });
    return handleOf(fleetId);
  },
  open: async (fleetId) => handleOf(fleetId),
};

/** It offers all that a kind may offer. */
const able: Fleet = {
  ...good,
  lasting: {
    check: async () => [],
    permissions: async () => ({
      statements: [],
      ofMachine: [],
      boundary: { name: 'b', path: '/', statements: [] },
      notes: [],
    }),
    place: async () => ({ description: 'here' }),
    list: async () => [],
    inventory: async (fleetId) => (world.has(fleetId) ? [{ fleetId, resource: 'master' }] : []),
    destroy: async (fleetId) => ({ removed: await remove(fleetId), remaining: [] }),
    scaling: {
      plan: async (fleetId, workers) => {
        const before = world.get(fleetId)!.workers;
        const price = (count: number) => ({ usDollars: count, source: 'a table of the test' });
        if (workers < 1) throw new Error('at least 1');
        return {
          workersBefore: before,
          workersAfter: workers,
          pricePerHourBefore: price(before),
          pricePerHourAfter: price(workers),
          changes: workers === before ? [] : [`${workers - before} workers`],
        };
      },
      scale: async (fleetId, workers) => {
        world.get(fleetId)!.workers = workers;
        return handleOf(fleetId);
      },
    },
    diagnose: async (fleetId) => [
      { subject: 'workers', state: 'good', detail: `${handleOf(fleetId).expectedWorkers} are there` },
    ],
  },
};

/** That fleet, with some of it changed. */
const ableBut = (change: Partial<NonNullable<Fleet['lasting']>>): Partial<Fleet> => ({
  ...able,
  lasting: { ...able.lasting!, ...change },
});
const { scaling } = able.lasting!;
const scalingCheck = 'changes the number of its workers, where it offers that';
const diagnosisCheck = 'explains what it lacks, where it offers that';

const provisionRequest = (): ProvisionRequest => ({
  fleetId: randomUUID(),
  workers: 2,
  durationSeconds: 10,
  host: 'http://127.0.0.1',
  iamStatements: [],
  bundle: { directory: '.', files: [], digest: '' },
  environment: { TOKEN: 'secret-of-the-workers', REGION: 'eu-west-1' },
  logDirectory: '.',
  redact: (text) => text.replaceAll('secret-of-the-workers', '***'),
  signal: new AbortController().signal,
  onProgress: () => {},
});

const checksOf = (fleet: Fleet, knownGaps = {}) =>
  fleetConformance(() => fleet, { provisionRequest, knownGaps });

/** The good fleet with its handles changed. */
function withHandle(change: (handle: FleetHandle) => Partial<FleetHandle>): Partial<Fleet> {
  const changed = (handle: FleetHandle) => ({ ...handle, ...change(handle) });
  return {
    provision: async (request) => changed(await good.provision(request)),
    open: async (fleetId) => changed(await good.open(fleetId)),
  };
}

describe('a fleet that does everything right', () => {
  for (const check of checksOf(good)) it(check.name, check.run);
});

describe('a fleet that offers more, and does it right', () => {
  for (const check of checksOf(able)) it(check.name, check.run);
});

const broken: [check: string, defect: string, change: Partial<Fleet>][] = [
  ['names its contract version and kind', 'another version', { specificationVersion: 2 as 1 }],
  [
    'plans without making anything',
    'makes it',
    {
      plan: async (request) => {
        await good.provision(request as ProvisionRequest);
        return good.plan(request);
      },
    },
  ],
  [
    'makes a master that answers and the workers that were asked for',
    'one worker too few',
    withHandle((handle) => ({ status: async () => (await handle.status()).slice(1) })),
  ],
  [
    'makes a master that answers and the workers that were asked for',
    'a login that is refused',
    withHandle(() => ({ login: { username: 'loadwright', password: 'old' } })),
  ],
  [
    'lets nobody in without the login',
    'an open door',
    {
      provision: async (request) => {
        const handle = await good.provision(request);
        const { server } = world.get(request.fleetId)!;
        server.removeAllListeners('request');
        server.on('request', (_, response) => response.end());
        return handle;
      },
    },
  ],
  [
    'is found again by its fleet id, and removed from elsewhere',
    'removes nothing',
    withHandle(() => ({ destroy: async () => ({ removed: ['all'], remaining: [] }) })),
  ],
  [
    'is found again by its fleet id, and removed from elsewhere',
    'forgets what is secret',
    { open: async (fleetId) => ({ ...(await good.open(fleetId)), secrets: [] }) },
  ],
  [
    'makes a master that answers and the workers that were asked for',
    'log lines of the other side',
    withHandle((handle) => ({ logs: () => handle.logs() })),
  ],
  [
    scalingCheck,
    'does it when it is only planned',
    ableBut({
      scaling: {
        ...scaling!,
        plan: async (fleetId, workers) => {
          const plan = await scaling!.plan(fleetId, workers);
          await scaling!.scale(fleetId, workers);
          return plan;
        },
      },
    }),
  ],
  [
    scalingCheck,
    'forgets it',
    ableBut({
      scaling: {
        ...scaling!,
        scale: async (fleetId, workers) => ({ ...handleOf(fleetId), expectedWorkers: workers }),
      },
    }),
  ],
  [
    diagnosisCheck,
    'a problem without a remedy',
    ableBut({ diagnose: async () => [{ subject: 'workers', state: 'problem', detail: 'none' }] }),
  ],
  [
    diagnosisCheck,
    'has something to say of what is gone',
    ableBut({ diagnose: async () => [{ subject: 'workers', state: 'good', detail: 'all' }] }),
  ],
  [
    'leaves nothing when it is stopped while it is made',
    'does not listen',
    { provision: (request) => good.provision({ ...request, signal: new AbortController().signal }) },
  ],
];

describe('a fleet with a defect', () => {
  it.each(broken)('fails "%s": %s', async (name, _defect, change) => {
    const check = checksOf({ ...good, ...change }).find((candidate) => candidate.name === name);
    await expect(check!.run()).rejects.toThrow();
  });

  it('has a defect for every check', () => {
    expect(new Set(broken.map(([name]) => name))).toEqual(new Set(checksOf(good).map(({ name }) => name)));
  });
});
