import { join } from 'node:path';
import { readSeries, resample, seriesFile, trendPercentile, type SeriesRow } from '../series/index.js';
import type { RampLoad } from './simulator/load.js';

/** What was measured of the requests that were due in some seconds. */
export interface ReplayedInterval {
  /** End, in seconds since the load began. */
  readonly at: number;
  readonly seconds: number;
  /** Null: nothing was answered. */
  readonly p95Seconds: number | null;
  readonly requests: number;
  readonly failures: number;
}

/** A ramp that was made. */
export interface Replay {
  /** When the load began, in milliseconds since 1970: fleets are made before. */
  readonly startedAt: number;
  readonly intervals: readonly ReplayedInterval[];
}

/** Seconds of an interval, as in a simulation: of one second p95 would be the slowest of a few requests. */
const intervalSeconds = 10;

/** The same ramp for a service whose clock goes so many times faster: shorter, and with as many requests. */
export function quickened(load: RampLoad, timeScale: number): RampLoad {
  return {
    basePerSecond: load.basePerSecond * timeScale,
    peakPerSecond: load.peakPerSecond * timeScale,
    leadSeconds: load.leadSeconds / timeScale,
    rampSeconds: load.rampSeconds / timeScale,
    holdSeconds: load.holdSeconds / timeScale,
    fallSeconds: load.fallSeconds / timeScale,
    tailSeconds: load.tailSeconds / timeScale,
  };
}

/**
 * What a run of a ramp measured, by `intervalSeconds` of the service; by whole seconds of this machine where its clock goes faster.
 *
 * @param directory The results folder of the run.
 * @param timeScale Seconds of the service in one of this machine.
 */
export async function readReplay(directory: string, timeScale = 1): Promise<Replay> {
  const { header, rows } = await readSeries(join(directory, seriesFile));
  const all: SeriesRow[] = [];
  for await (const row of rows) all.push({ ...row, method: '', name: '' });
  const everySeconds = Math.max(1, Math.round(intervalSeconds / timeScale));
  const intervals = resample({ rows: all }, { everySeconds }).map(
    ({ second, due, failed, dropped, trends }): ReplayedInterval => {
      const times = trends['http_req_response'] ?? trends['http_req_service'];
      const p95 = times ? trendPercentile(times, 0.95, 'ms') : null;
      return {
        at: (second + everySeconds) * timeScale,
        seconds: everySeconds * timeScale,
        p95Seconds: p95 === null ? null : (p95 / 1000) * timeScale,
        requests: due,
        failures: failed + dropped,
      };
    },
  );
  return { startedAt: Date.parse(header.startedAt), intervals };
}
