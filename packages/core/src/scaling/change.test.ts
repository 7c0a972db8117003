import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { disk } from '../files.js';
import type { ScalingDefinition, ScalingState } from '../target/scaling-contract.js';
import {
  changeScaling,
  keptSnapshots,
  requireSuspendable,
  requireVerifiable,
  restoreScaling,
  whileSuspended,
  type ScaledEndpoint,
} from './change.js';

const before: ScalingState = {
  resource: 'endpoint/fraud/variant/AllTraffic',
  instances: { current: 2, desired: 2 },
  settings: { minCapacity: 1, maxCapacity: 4, policies: { tracking: { target: 70 } } },
  suspended: false,
  otherScalers: [],
  busy: false,
};

/** A service in memory whose changes can be made to fail. */
class FakeService implements ScalingDefinition<null> {
  state = structuredClone(before);
  failing: 'apply' | 'restore' | 'network' | undefined;
  describe = () => Promise.resolve(structuredClone(this.state));
  recommend = (): never => {
    throw new Error('not asked for');
  };
  observe = () => Promise.resolve({ instances: this.state.instances, activities: [] });
  apply = () => {
    this.state = { ...this.state, settings: { minCapacity: 3 }, instances: { current: 3, desired: 3 } };
    return this.failing === undefined ? Promise.resolve() : Promise.reject(new Error('the line is dead.'));
  };
  restore = (_options: null, { signal }: { signal: AbortSignal }, snapshot: ScalingState) => {
    signal.throwIfAborted();
    if (this.failing === 'network') return Promise.reject(new Error('the line is dead.'));
    if (this.failing !== 'restore') this.state = structuredClone(snapshot);
    return Promise.resolve();
  };
  suspend = () => {
    this.state = { ...this.state, suspended: true, settings: { ...this.state.settings, suspended: true } };
    return Promise.resolve();
  };
}

let service: FakeService;
let folder: string;
let endpoint: ScaledEndpoint<null>;
beforeEach(async () => {
  service = new FakeService();
  folder = join(await mkdtemp(join(tmpdir(), 'scaling-')), 'kept');
  endpoint = {
    scaling: service,
    options: null,
    kind: 'fake',
    context: { environment: {}, baseDirectory: folder, signal: new AbortController().signal },
    snapshotFile: join(folder, 'snapshot.json'),
  };
});
afterEach(() => vi.restoreAllMocks());

const files = () => readdir(folder).catch(() => []);

describe('changing the scaling', () => {
  it('keeps what it was, and puts it back on request', async () => {
    await changeScaling(endpoint, () => service.apply());
    expect(service.state.settings).toEqual({ minCapacity: 3 });
    expect(await restoreScaling(endpoint)).toMatchObject({ kind: 'fake', state: before });
    expect(service.state).toEqual(before);
    expect(await files()).toEqual([]);
    expect(await restoreScaling(endpoint)).toBeUndefined();
  });

  it('has the snapshot on the disk before the first write', async () => {
    const order: string[] = [];
    const sync = disk.sync;
    vi.spyOn(disk, 'sync').mockImplementation(async (file) => {
      await sync(file);
      order.push((await file.stat()).isDirectory() ? 'folder' : 'file');
    });
    await changeScaling(endpoint, () => Promise.resolve(void order.push('change')));
    expect(order).toEqual(['file', 'folder', 'change']);
  });

  it('puts everything back when the change fails, also after it was stopped', async () => {
    const controller = new AbortController();
    controller.abort();
    service.failing = 'apply';
    const stopped = { ...endpoint, context: { ...endpoint.context, signal: controller.signal } };
    await expect(changeScaling(stopped, () => service.apply())).rejects.toThrow('the line is dead.');
    expect(service.state).toEqual(before);
    expect(await files()).toEqual([]);
  });

  it('says what is not as it was, and keeps the snapshot', async () => {
    service.failing = 'restore';
    await expect(changeScaling(endpoint, () => service.apply())).rejects.toMatchObject({
      code: 'RESOURCES_REMAIN',
      message: expect.stringMatching(/the line is dead.*minCapacity.*instances\.desired/),
      next: [{ action: 'restore-scaling' }],
    });
    expect(await files()).toEqual(['snapshot.json']);
    service.failing = undefined;
    await restoreScaling(endpoint);
    expect(service.state).toEqual(before);
  });

  it.each([
    ['something else scales it', { otherScalers: ['Managed instance scaling is on.'] }],
    ['the service is busy with it', { busy: true }],
    ['two policies conflict', { conflicts: ['There are two policies.'] }],
  ])('changes nothing when %s', async (_, state) => {
    service.state = { ...before, ...state };
    await expect(changeScaling(endpoint, () => service.apply())).rejects.toThrow('Nothing was changed.');
    expect(service.state.settings).toEqual(before.settings);
    expect(await files()).toEqual([]);
  });

  it('does not write over the snapshot of an earlier change', async () => {
    await changeScaling(endpoint, () => service.apply());
    await expect(changeScaling(endpoint, () => service.apply())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      next: [{ action: 'restore-scaling' }],
    });
  });

  it.each(['changes', 'suspensions'])('lets one of two %s begin that come at once', async (kind) => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let end = () => {};
    const oneHasEnded = new Promise<void>((resolve) => (end = resolve));
    let asked = 0;
    const describe = service.describe;
    // Both have looked for a snapshot by then, and found none.
    service.describe = async () => {
      if (++asked === 2) release();
      await held;
      return describe();
    };
    const begin = () =>
      kind === 'changes'
        ? changeScaling(endpoint, () => service.apply())
        : whileSuspended(endpoint, () => oneHasEnded);
    const both = [begin(), begin()].map((one) => one.finally(end));
    const results = await Promise.allSettled(both);
    const failures = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(failures).toMatchObject([{ code: 'CONFIG_INVALID', next: [{ action: 'restore-scaling' }] }]);
    if (kind === 'changes') await restoreScaling(endpoint);
    expect(service.state).toEqual(before);
    expect(await files()).toEqual([]);
  });
});

describe('work while the scaling is suspended', () => {
  it('finds it suspended, and leaves it as it was', async () => {
    const value = await whileSuspended(endpoint, (found) => {
      expect(service.state.suspended).toBe(true);
      return Promise.resolve(found.instances.current);
    });
    expect(value).toBe(2);
    expect(service.state).toEqual(before);
    expect(await files()).toEqual([]);
  });

  it('says how to put it back when that fails after the work', async () => {
    const work = () => Promise.resolve(void (service.failing = 'network'));
    await expect(whileSuspended(endpoint, work)).rejects.toMatchObject({
      code: 'RESOURCES_REMAIN',
      message: 'The scaling could not be put back: the line is dead.',
      next: [{ action: 'restore-scaling' }],
    });
    service.failing = undefined;
    await restoreScaling(endpoint);
    expect(service.state).toEqual(before);
  });

  it('leaves it as it was when the work fails', async () => {
    await expect(whileSuspended(endpoint, () => Promise.reject(new Error('no load')))).rejects.toThrow(
      'no load',
    );
    expect(service.state).toEqual(before);
    expect(await files()).toEqual([]);
  });
});

describe('a scaling that a calibration suspended before it was killed', () => {
  const refused = {
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('suspended by the calibration one since'),
    next: [{ action: 'restore-scaling' }],
  };

  beforeEach(async () => {
    await changeScaling(endpoint, () => service.apply());
    // A calibration that never comes to its end.
    await new Promise((resolve) => {
      void whileSuspended(endpoint, () => new Promise(() => resolve(undefined)), 'one');
    });
    expect(service.state.suspended).toBe(true);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['changed', () => changeScaling(endpoint, () => service.apply())],
    ['verified', () => requireVerifiable(endpoint)],
    ['suspended by another calibration', () => requireSuspendable(endpoint, 'two')],
    ['suspended by a work without an id', () => whileSuspended(endpoint, () => Promise.resolve())],
  ])('is not %s', async (_, work) => {
    await expect(work()).rejects.toMatchObject(refused);
    expect(service.state.suspended).toBe(true);
    expect(await keptSnapshots(endpoint)).toMatchObject([{ calibration: 'one' }, { state: before }]);
  });

  it('is put back first, and then the change before it', async () => {
    await restoreScaling(endpoint);
    expect(service.state).toMatchObject({ suspended: false, settings: { minCapacity: 3 } });
    await restoreScaling(endpoint);
    expect(service.state).toEqual(before);
    expect(await files()).toEqual([]);
  });

  it('is put back when the same calibration goes on, and the change stays', async () => {
    await requireSuspendable(endpoint, 'one');
    expect(service.state).toMatchObject({ suspended: false, settings: { minCapacity: 3 } });
    expect(await keptSnapshots(endpoint)).toMatchObject([{ state: before }]);
  });

  it('is not put onto another endpoint', async () => {
    service.state = { ...service.state, resource: 'endpoint/fraud/variant/other' };
    await expect(restoreScaling(endpoint)).rejects.toThrow(
      /found .*other, but what was changed is .*AllTraffic/,
    );
    expect(service.state.suspended).toBe(true);
  });
});

describe('a verification', () => {
  it.each([
    ['something else scales', { otherScalers: ['Managed instance scaling is on.'] }],
    ['the service changes', { busy: true }],
    ['two policies scale', { conflicts: ['There are two policies.'] }],
    ['somebody suspended', { suspended: true }],
  ])('is refused of an endpoint that %s', async (_, state) => {
    service.state = { ...before, ...state };
    await expect(requireVerifiable(endpoint)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('follows a change that is not put back', async () => {
    await changeScaling(endpoint, () => service.apply());
    await expect(requireVerifiable(endpoint)).resolves.toBeUndefined();
  });
});
