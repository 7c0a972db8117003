import { restoreScaling } from '@loadwright/core/scaling';
import type { ScalingState } from '@loadwright/core/target';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { setByHand, startEmulatedEndpoint, type EmulatedEndpoint } from './scaled-endpoint.js';

let emulated: EmulatedEndpoint;
beforeEach(async () => {
  emulated = await startEmulatedEndpoint();
});
afterEach(() => emulated.stop());

async function expectRestored(before: ScalingState): Promise<void> {
  emulated.proxy.breakAt(Infinity);
  await restoreScaling(emulated.endpoint);
  expect(await emulated.describe()).toEqual(before);
  expect(await emulated.snapshots()).toEqual([]);
}

/** True when nothing was left to be broken. */
const isWhole = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  );

it.each([
  ['that nothing scaled', () => Promise.resolve()],
  ['that somebody scaled by hand', setByHand],
])(
  'killed after any call, the scaling of an endpoint %s is as it was',
  async (_, prepare) => {
    await prepare(emulated);
    const before = await emulated.describe();
    let calls = 0;
    for (let call = 1; ; call += 1) {
      emulated.proxy.breakAt(call);
      const isDone = await isWhole(emulated.apply());
      await expectRestored(before);
      if (isDone) break;
      calls += 1;
    }
    for (let call = 1; ; call += 1) {
      await emulated.apply();
      emulated.proxy.breakAt(call);
      const isDone = await isWhole(restoreScaling(emulated.endpoint));
      await expectRestored(before);
      if (isDone) break;
      calls += 1;
    }
    expect(calls).toBeGreaterThan(30);
  },
  180_000,
);
