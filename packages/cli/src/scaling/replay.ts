import { createFleetId, createRunId, formatDuration, LoadwrightError } from '@loadwright/core';
import type { LoadedConfig } from '@loadwright/core/config';
import type { FleetPrice } from '@loadwright/core/fleet';
import { loadSeconds, readReplay, type RampLoad, type Replay } from '@loadwright/core/scaling';
import { resultsOf } from '../config/configuration.js';
import { createFleet } from '../fleet/create-fleet.js';
import { createConfiguredTest } from '../run/load-test.js';
import type { Context } from '../shell/context.js';

/** A ramp as a load: the rate goes in straight lines, and requests come at random. */
function loadOf(ramp: RampLoad) {
  const rate = (perSecond: number) => `${Number(perSecond.toFixed(3))}/s`;
  const [base, peak] = [rate(ramp.basePerSecond), rate(ramp.peakPerSecond)];
  const stage = (seconds: number, arrivalRate: string) => ({
    duration: formatDuration(seconds),
    arrivalRate,
  });
  return {
    profile: 'arrival-stages' as const,
    arrivals: 'poisson' as const,
    stages: [
      { duration: '0s', arrivalRate: base },
      stage(ramp.leadSeconds, base),
      stage(ramp.rampSeconds, peak),
      stage(ramp.holdSeconds, peak),
      stage(ramp.fallSeconds, base),
      stage(ramp.tailSeconds, base),
    ],
  };
}

/** What a file demands is of its own load. */
const testOf = (loaded: LoadedConfig, ramp: RampLoad, { io: { environment } }: Context) =>
  createConfiguredTest(
    { ...loaded, config: { ...loaded.config, load: loadOf(ramp), thresholds: {} } },
    { environment },
  );

/**
 * What the machines that make ramps cost, while their loads last: each ramp has a fleet of its own.
 *
 * @param ramps Quickened by the time scale already.
 */
export async function replayPrice(
  loaded: LoadedConfig,
  ramps: readonly RampLoad[],
  context: Context,
  signal: AbortSignal,
): Promise<Omit<FleetPrice, 'source'>> {
  const fleet = await createFleet(loaded.config.fleet, context);
  let usDollars = 0;
  let isIncomplete = false;
  for (const ramp of ramps) {
    const { plan } = await (await testOf(loaded, ramp, context)).plan(fleet, { signal });
    usDollars += (plan.pricePerHour.usDollars * loadSeconds(ramp)) / 3600;
    isIncomplete ||= plan.pricePerHour.isIncomplete ?? false;
  }
  return { usDollars, isIncomplete };
}

/**
 * Runs a ramp with the fleet of the configuration.
 *
 * @param ramp Quickened by the time scale already.
 * @param timeScale Seconds of the service in one of this machine.
 * @throws LoadwrightError `ABORTED`; `CONFIG_INVALID` when what was measured cannot be trusted.
 */
export async function replayRamp(
  loaded: LoadedConfig,
  ramp: RampLoad,
  context: Context,
  { signal, timeScale }: { readonly signal: AbortSignal; readonly timeScale: number },
): Promise<Replay> {
  const test = await testOf(loaded, ramp, context);
  const fleet = await createFleet(loaded.config.fleet, context);
  const report = await test.run({
    ...{ fleet, runId: createRunId(), fleetId: createFleetId(), signal },
    ...{ resultsDirectory: resultsOf(loaded), tolerate: [], keepFleet: false, interactive: false },
    onProgress: () => {},
  });
  signal.throwIfAborted();
  if (report.verdict === 'INVALID') {
    const [invalidity] = report.problems ?? [];
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `The ramp of run ${report.runId} was not made as it should be: ${invalidity?.reason ?? 'it is INVALID'}`,
      {
        hint: 'See more with "loadwright report". Often the fleet is too small for the peak.',
      },
    );
  }
  return readReplay(report.resultsDirectory, timeScale);
}
