import { restoreScaling, type ScaledEndpoint } from '@loadwright/core/scaling';
import { expect } from 'vitest';
import type { BreakingProxy } from './breaking-proxy.js';

/** An emulated endpoint behind a way that can be broken. */
export interface KillableEndpoint {
  readonly proxy: BreakingProxy;
  readonly endpoint: ScaledEndpoint<never>;
  /** All that must be as it was. */
  whole(): Promise<unknown>;
  /** Files that wait for a rollback. */
  snapshots(): Promise<string[]>;
}

/** True when nothing was left to be broken. */
const isWhole = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  );

/**
 * Does a work again and again, killed after its first call, its second, and so on until it comes to its end; each time everything is
 * put back, and as it was.
 *
 * @returns how often it was killed.
 */
export async function killedAfterAnyCall(
  { proxy, endpoint, whole, snapshots }: KillableEndpoint,
  work: () => Promise<unknown>,
  prepare: () => Promise<unknown> = () => Promise.resolve(),
): Promise<number> {
  const before = await whole();
  for (let call = 1; ; call += 1) {
    await prepare();
    proxy.breakAt(call);
    const isDone = await isWhole(work());
    proxy.breakAt(Infinity);
    await restoreScaling(endpoint);
    expect(await whole()).toEqual(before);
    expect(await snapshots()).toEqual([]);
    if (isDone) return call - 1;
  }
}
