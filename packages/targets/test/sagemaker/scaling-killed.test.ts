import { restoreScaling } from '@loadwright/core/scaling';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killedAfterAnyCall } from '../killed.js';
import { setByHand, startEmulatedEndpoint, type EmulatedEndpoint } from './scaled-endpoint.js';

let emulated: EmulatedEndpoint;
beforeEach(async () => {
  emulated = await startEmulatedEndpoint();
});
afterEach(() => emulated.stop());

it.each([
  ['that nothing scaled', () => Promise.resolve()],
  ['that somebody scaled by hand', setByHand],
])(
  'killed after any call, the scaling of an endpoint %s is as it was',
  async (_, prepare) => {
    await prepare(emulated);
    const killable = { ...emulated, endpoint: emulated.endpoint as never, whole: emulated.describe };
    const applied = await killedAfterAnyCall(killable, emulated.apply);
    const restored = await killedAfterAnyCall(
      killable,
      () => restoreScaling(emulated.endpoint),
      emulated.apply,
    );
    expect(applied + restored).toBeGreaterThan(30);
  },
  180_000,
);
