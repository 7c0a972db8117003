import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import type { Fleet, FleetHandle } from './contract.js';
import { pythonDirectory } from '../python-files.js';
import { defineTarget } from '../target/define-target.js';
import { createLoadTest } from '../run/create-load-test.js';

const secret = 'token-of-the-workers';

let baseDirectory: string;
/** What was asked, in order. */
let asked: string[];

beforeEach(async () => {
  baseDirectory = await mkdtemp(join(tmpdir(), 'loadwright-stand-up-'));
  asked = [];
});
afterEach(() => rm(baseDirectory, { recursive: true }));

const target = defineTarget({
  specificationVersion: 1,
  kind: 'silent',
  summary: 'a service that is never asked',
  options: z.strictObject({ isRefused: z.boolean().default(false) }),
  example: {},
  locustfile: new URL('loadwright_runtime/load/user.py', pythonDirectory),
  host: () => 'http://127.0.0.1:9',
  targetConfig: () => ({}),
  preflight: async ({ isRefused }) => {
    asked.push('preflight');
    if (isRefused) throw new LoadwrightError('PREFLIGHT_FAILED', 'The token is refused.');
    return { summary: 'ready', latencyMilliseconds: 1 };
  },
});

/** A fleet whose only worker ends before it is connected. */
const handle = (fleetId: string): FleetHandle => ({
  fleetId,
  masterUrl: 'http://127.0.0.1:9',
  login: { username: 'loadwright', password: 'password-of-the-master' },
  expectedWorkers: 3,
  secrets: [secret],
  status: async () => [{ name: 'worker-1', role: 'worker', state: 'failed', reason: 'no memory' }],
  logs: async function* () {
    yield { node: 'worker-1', line: `${secret} is refused` };
  },
  destroy: async () => {
    asked.push('destroy');
    return { removed: [], remaining: [] };
  },
});

const fleetWith = (change: Partial<Fleet> = {}): Fleet => ({
  specificationVersion: 1,
  kind: 'elsewhere',
  defaultWorkers: async () => {
    asked.push('workers');
    return 3;
  },
  plan: async ({ workers }) => {
    asked.push(`plan for ${workers}`);
    return { resources: [], pricePerHour: { usDollars: 1, source: 'a table' }, permissions: [] };
  },
  provision: async ({ fleetId }) => {
    asked.push('provision');
    return handle(fleetId);
  },
  open: async (fleetId) => handle(fleetId),
  ...change,
});

const loadTest = (options: { isRefused?: boolean } = {}) =>
  createLoadTest({
    target: target(options),
    load: { users: 1, duration: '1s' },
    baseDirectory,
    environment: {},
  });

describe('the fleet of a run', () => {
  it('is asked nothing when the target refuses', async () => {
    const run = loadTest({ isRefused: true }).run({ fleet: fleetWith() });
    await expect(run).rejects.toMatchObject({ code: 'PREFLIGHT_FAILED' });
    expect(asked).toEqual(['preflight']);
  });

  it('is asked for its size and its plan, and made when whoever pays agrees', async () => {
    const agree = vi.fn(async () => void asked.push('agree'));
    const deploying = loadTest().deploy({ fleet: fleetWith(), fleetId: 'my-run', agree });
    await expect(deploying).rejects.toMatchObject({ code: 'PROVISIONING_FAILED' });
    expect(asked).toEqual(['preflight', 'workers', 'plan for 3', 'agree', 'provision', 'destroy']);
    expect(agree).toHaveBeenCalledWith(
      expect.objectContaining({
        request: expect.objectContaining({ fleetId: 'my-run', workers: 3 }) as object,
      }),
    );
  });

  it('is not made when nobody agrees', async () => {
    const agree = async () => {
      throw new LoadwrightError('ABORTED', 'not confirmed');
    };
    await expect(loadTest().deploy({ fleet: fleetWith(), agree })).rejects.toThrow('not confirmed');
    expect(asked).toEqual(['preflight', 'workers', 'plan for 3']);
    expect(existsSync(join(baseDirectory, 'results'))).toBe(false);
  });

  it.each(['defaultWorkers', 'plan'] as const)('need not be waited for: %s', async (call) => {
    const controller = new AbortController();
    const waits = async ({ signal }: { signal?: AbortSignal } = {}) =>
      new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        controller.abort();
      });
    const change: Partial<Fleet> =
      call === 'plan' ? { plan: (_, options) => waits(options) } : { defaultWorkers: waits };
    const run = loadTest().run({ fleet: fleetWith(change), signal: controller.signal });
    await expect(run).rejects.toMatchObject({
      code: 'ABORTED',
      message: 'Stopped in the phase plan, before any load was made.',
    });
  });

  it.each(['run', 'deploy'] as const)('leaves its logs when it fails: %s', async (method) => {
    const failing = loadTest()[method]({ fleet: fleetWith(), runId: 'my-run', fleetId: 'my-run' });
    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('no memory') as string });
    const log = join(baseDirectory, 'results', 'silent', 'my-run', 'logs', 'worker-1.log');
    expect(await readFile(log, 'utf8')).toBe('[redacted] is refused\n');
    expect(asked.at(-1)).toBe('destroy');
  });

  it('stays when it stood before, and is named', async () => {
    const provision = async ({ fleetId }: { fleetId: string }) => ({
      ...handle(fleetId),
      existedBefore: true,
    });
    const deploying = loadTest().deploy({ fleet: fleetWith({ provision }), fleetId: 'my-run' });
    await expect(deploying).rejects.toMatchObject({
      code: 'RESOURCES_REMAIN',
      message: expect.stringMatching(/no memory[^]*stays/) as string,
      next: [{ action: 'destroy-fleet', fleetId: 'my-run' }],
    });
    expect(asked).not.toContain('destroy');
  });
});
