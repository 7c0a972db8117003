import { restoreScaling, whileSuspended } from '@loadwright/core/scaling';
import { afterEach, expect, it } from 'vitest';
import { killedAfterAnyCall } from '../killed.js';
import { startEmulatedEndpoint, type EmulatedEndpoint } from './scaled-endpoint.js';

let emulated: EmulatedEndpoint;
afterEach(() => emulated.stop());

it.each<[string, object | undefined, object | undefined, least: number]>([
  ['of two served entities', undefined, undefined, 4],
  ['of a size', { servedEntities: [{ name: 'only', workload_size: 'Large' }] }, {}, 4],
  // There is nothing to be suspended of it.
  ['that is asked with OAuth', { authentication: 'oauth', concurrency: 8 }, {}, 2],
])(
  'killed after any call, the scaling of an endpoint %s is as it was, and all else too',
  async (_, options, target, least) => {
    emulated = await startEmulatedEndpoint(options, target);
    const killable = { ...emulated, endpoint: emulated.endpoint as never };
    const { endpoint, apply, proxy } = emulated;
    const applied = await killedAfterAnyCall(killable, apply);
    const restored = await killedAfterAnyCall(killable, () => restoreScaling(endpoint), apply);
    const suspended = await killedAfterAnyCall(killable, () =>
      whileSuspended(endpoint, () => Promise.resolve()),
    );
    expect(Math.min(applied, restored)).toBeGreaterThanOrEqual(4);
    expect(suspended).toBeGreaterThanOrEqual(least);
    expect(proxy.calls.filter((call) => call.startsWith('PUT')).length).toBeGreaterThan(6);
  },
);
