import type { Fleet, FleetHandle, ScaleOptions } from './contract.js';

/**
 * Has machines of workers replaced that have ended since the fleet was made, where its kind can do so: a load on the others
 * would not be the one that was asked for.
 *
 * @returns the fleet as it is then; its new machines may still be starting.
 * @throws LoadwrightError as `FleetScaling.scale`
 */
export async function replaceLost(
  { lasting }: Pick<Fleet, 'lasting'>,
  handle: FleetHandle,
  options: ScaleOptions = {},
): Promise<FleetHandle> {
  if (!lasting?.scaling) return handle;
  const nodes = await handle.status();
  const isLost = nodes.some(({ role, state }) => role === 'worker' && state === 'failed');
  if (!isLost) return handle;
  options.onProgress?.('Replacing machines of workers that have ended');
  return lasting.scaling.scale(handle.fleetId, handle.expectedWorkers, options);
}
