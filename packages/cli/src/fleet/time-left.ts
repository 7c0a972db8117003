import { formatDuration, LoadwrightError, type DeployedFleet } from '@loadwright/core';

/** Time after a load in which what was measured is collected, in seconds. */
const collectSeconds = 60;

/**
 * A machine that ends in the middle of a load takes the measurements with it.
 *
 * @param now The wall clock, in milliseconds.
 * @throws LoadwrightError `CONFIG_INVALID` when the machines of a fleet end before a load is over.
 */
export function requireTimeLeft(
  { fleetId, expiresAt }: DeployedFleet,
  durationSeconds: number,
  now: number,
): void {
  if (expiresAt === undefined) return;
  const left = Math.floor((expiresAt.getTime() - now) / 1000);
  if (left >= durationSeconds + collectSeconds) return;
  const ends = left <= 0 ? 'is over' : `ends in ${formatDuration(left)}`;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet: the time of ${fleetId} ${ends} (${expiresAt.toISOString()}), and the load lasts ${formatDuration(durationSeconds)}, with ${formatDuration(collectSeconds)} to collect what it measured`,
    { hint: 'shorten the load: --duration; or deploy a fleet with a longer timeToLive' },
  );
}
