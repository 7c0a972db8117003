import { describe, expect, it } from 'vitest';
import type { DeployedFleet, Fleet, FleetHandle, FleetNode, LastingFleets } from './contract.js';
import { diagnoseFleet } from './diagnose.js';
import { LoadwrightError } from '../errors.js';

const fleetId = 'the-fleet';

/** Its master answers nobody. */
function handleWith(nodes: readonly FleetNode[]): FleetHandle {
  return {
    fleetId,
    masterUrl: 'http://127.0.0.1:1',
    login: { username: 'loadwright', password: 'a password' },
    expectedWorkers: 2,
    secrets: [],
    status: async () => nodes,
    logs: async function* () {},
    destroy: async () => ({ removed: [], remaining: [] }),
  };
}

const deployed = (change: Partial<DeployedFleet> = {}): DeployedFleet => ({
  fleetId,
  createdAt: new Date(),
  state: 'running',
  resources: ['machine i-1', 'group sg-1'],
  ...change,
});

function fleetOf(found: readonly DeployedFleet[], lasting: Partial<LastingFleets> = {}) {
  return {
    kind: 'pretend',
    lasting: { list: async () => found, ...lasting } as LastingFleets,
    open: async () => {
      throw new LoadwrightError('PROVISIONING_FAILED', 'There is no machine.', { hint: 'Deploy it again.' });
    },
  } satisfies Partial<Fleet>;
}

const worker = (name: string, reason?: string): FleetNode => ({
  name,
  role: 'worker',
  ...(reason === undefined ? { state: 'running' } : { state: 'failed', reason, remedy: 'Take another.' }),
});

describe('diagnoseFleet', () => {
  it('says of a kind that has nothing to say what its tags and its machines show', async () => {
    const nodes = [worker('worker-1', 'spot'), worker('worker-2', 'spot'), worker('worker-3')];
    const findings = await diagnoseFleet(
      { ...fleetOf([deployed()]), open: async () => handleWith(nodes) },
      fleetId,
    );
    expect(findings).toMatchObject([
      { subject: 'fleet', state: 'good', evidence: ['machine i-1', 'group sg-1'] },
      {
        subject: 'machines',
        state: 'problem',
        detail: 'worker-1, worker-2 ended: spot',
        remedy: 'Take another.',
      },
      { subject: 'web UI', state: 'problem', detail: expect.stringContaining('does not answer') },
      { subject: 'workers', state: 'unknown' },
    ]);
  });

  it.each([
    ['expired', /time to live is over/],
    ['orphaned', /machines are gone/],
    ['stopped', /stopped/],
    ['incomplete', /no machine/],
    ['other-version', /another version/],
  ] as const)('gives a fleet that is %s a remedy', async (state, detail) => {
    const [first, second] = await diagnoseFleet(fleetOf([deployed({ state })]), fleetId);
    expect(first).toMatchObject({
      state: 'problem',
      detail: expect.stringMatching(detail),
      remedy: expect.any(String),
    });
    expect(second).toMatchObject({ subject: 'web UI', state: 'problem', remedy: 'Deploy it again.' });
  });

  it('lets the kind speak first, and says nothing twice', async () => {
    const own = { subject: 'web UI', state: 'problem', detail: 'the group lacks your address' } as const;
    const findings = await diagnoseFleet(fleetOf([], { diagnose: async () => [own] }), fleetId);
    expect(findings).toEqual([own]);
  });

  it('throws for a fleet of which nothing exists', async () => {
    await expect(diagnoseFleet(fleetOf([]), fleetId)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      next: [{ action: 'list-fleets' }],
    });
  });
});
