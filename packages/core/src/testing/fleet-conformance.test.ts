import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fleet, FleetHandle, ProvisionRequest } from '../fleet/contract.js';
import { fleetConformance } from './fleet-conformance.js';

interface Made {
  readonly server: Server;
  readonly workers: number;
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
    async *logs() {},
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
