import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Fleet, FleetHandle } from '../fleet/contract.js';
import type { OpenedFleet } from '../fleet/opened-fleet.js';
import { pythonDirectory } from '../python-files.js';
import { defineTarget } from '../target/define-target.js';
import type { ScalingState } from '../target/scaling-contract.js';
import { calibrate, type CalibrateOptions } from './calibrate.js';

const before: ScalingState = {
  resource: 'endpoint/fraud/variant/AllTraffic',
  instances: { current: 2, desired: 2 },
  settings: { minCapacity: 1, maxCapacity: 4 },
  ...{ suspended: false, otherScalers: [], busy: false },
};

let baseDirectory: string;
let state: ScalingState;
/** What the scaling was told, in order. */
let told: string[];
/** Called after the snapshot was written, before anything is changed. */
let onSuspend: () => Promise<void>;
beforeEach(async () => {
  baseDirectory = await mkdtemp(join(tmpdir(), 'loadwright-resume-'));
  await writeFile(join(baseDirectory, 'rows.jsonl'), '{"a":1}\n');
  state = structuredClone(before);
  told = [];
  onSuspend = () => Promise.resolve();
});
afterEach(() => rm(baseDirectory, { recursive: true }));

const target = defineTarget({
  specificationVersion: 1,
  kind: 'scaled',
  summary: 'a service that is never asked',
  options: z.strictObject({ endpoint: z.string().default('fraud') }),
  example: {},
  locustfile: new URL('loadwright_runtime/load/user.py', pythonDirectory),
  host: () => 'http://127.0.0.1:9',
  targetConfig: () => ({}),
  payloads: () => 'rows.jsonl',
  preflight: () => Promise.resolve({ summary: 'ready', latencyMilliseconds: 1 }),
  scaling: {
    describe: () => Promise.resolve(structuredClone(state)),
    observe: () => Promise.resolve({ instances: state.instances, activities: [] }),
    recommend: () => {
      throw new Error('not asked for');
    },
    apply: () => Promise.resolve(),
    suspend: async () => {
      told.push('suspend');
      await onSuspend();
      state = { ...state, suspended: true, settings: { ...state.settings, suspended: true } };
    },
    restore: (_options, _context, snapshot) => {
      told.push('restore');
      state = structuredClone(snapshot);
      return Promise.resolve();
    },
  },
});

/** A fleet whose trials cannot be made. */
const handle = {
  ...{ fleetId: 'gone', masterUrl: 'http://127.0.0.1:9', expectedWorkers: 1 },
  status: () => Promise.reject(new Error('the fleet is gone')),
} as unknown as FleetHandle;

const attempt = (endpoint = 'fraud', change: Partial<CalibrateOptions> = {}) =>
  calibrate({
    target: target({ endpoint }),
    fleet: { kind: 'elsewhere' } as Fleet,
    on: { handle } as OpenedFleet,
    tiers: [{ conditions: ['p(95)<200'] }],
    budget: { seconds: 60 },
    ...{ baseDirectory, environment: {}, id: 'one', ...change },
  }).then(
    () => 'done',
    (error: Error) => error.message,
  );

const lost = /fleet is gone/;

describe('a calibration that goes on', () => {
  it('is of the same service with the same payloads', async () => {
    expect(await attempt()).toMatch(lost);
    expect(await attempt()).toMatch(lost);
    expect(await attempt('another')).toMatch(/is of a calibration with other options: service$/);
    await writeFile(join(baseDirectory, 'rows.jsonl'), '{"a":2}\n');
    expect(await attempt()).toMatch(/is of a calibration with other options: payloads$/);
  });

  it('may be told what the service is, where its address is another each time', async () => {
    expect(await attempt('fraud', { service: 'the emulator' })).toMatch(lost);
    expect(await attempt('another', { service: 'the emulator' })).toMatch(lost);
  });
});

/** What a process leaves that ends in its first trial. */
async function crash(): Promise<void> {
  const folder = join(baseDirectory, 'results', 'scaling');
  let atCrash = { file: '', text: '' };
  onSuspend = async () => {
    const [name] = await readdir(folder);
    atCrash = { file: join(folder, name!), text: await readFile(join(folder, name!), 'utf8') };
  };
  await attempt();
  onSuspend = () => Promise.resolve();
  await writeFile(atCrash.file, atCrash.text);
  state = { ...before, suspended: true, settings: { ...before.settings, suspended: true } };
  told = [];
}

describe('a limit of money', () => {
  const budget = { seconds: 60, usDollars: 1 };

  it.each([{}, { usDollarsPerHour: 2 }, { usDollarsPerRequest: 0.001 }])(
    'is refused with %j, before anything is changed',
    async (price) => {
      expect(await attempt('fraud', { budget, ...price })).toMatch(/usDollars\): found 1, .* would not hold/);
      expect(told).not.toContain('suspend');
    },
  );

  it('is kept where every price is known', async () => {
    const prices = { usDollarsPerHour: 2, usDollarsPerRequest: 0 };
    expect(await attempt('fraud', { budget, ...prices })).toMatch(lost);
  });
});

describe('the scaling of the service', () => {
  it('is suspended for the trials, and put back when they fail', async () => {
    expect(await attempt()).toMatch(lost);
    expect(told).toEqual(['suspend', 'restore']);
    expect(state).toEqual(before);
  });

  it('is put back first when a calibration that crashed goes on', async () => {
    await crash();
    expect(await attempt()).toMatch(lost);
    expect(told).toEqual(['restore', 'suspend', 'restore']);
    expect(state).toEqual(before);
  });

  it('is not suspended again by another calibration, which would leave it suspended', async () => {
    await crash();
    for (const suspendScaling of [true, false]) {
      const refused = /suspended by the calibration one since/;
      expect(await attempt('fraud', { id: 'two', suspendScaling })).toMatch(refused);
    }
    expect(told).toEqual([]);
    expect(state.suspended).toBe(true);
  });

  it('stays as it is on request', async () => {
    expect(await attempt('fraud', { suspendScaling: false })).toMatch(lost);
    expect(told).toEqual([]);
    expect(await readdir(join(baseDirectory, 'results'))).not.toContain('scaling');
  });
});
