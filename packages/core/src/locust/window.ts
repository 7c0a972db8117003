import { difference, type Histogram } from './histogram.js';
import type { ErrorStatistics, MasterStatistics, PhaseHistograms, RequestStatistics } from './statistics.js';

/**
 * What came between two readings of the same master: counts and histograms are subtracted, which is exact. Minimum and
 * maximum cannot be: where they were reached before, those of the histogram stand for them.
 */
export function windowOf(later: MasterStatistics, earlier: MasterStatistics): MasterStatistics {
  const before = new Map(earlier.requests.map((request) => [keyOf(request), request]));
  const errorsBefore = new Map(earlier.errors.map((error) => [keyOf(error, error.error), error.occurrences]));
  return {
    ...later,
    total: requestsBetween(later.total, earlier.total),
    requests: later.requests
      .map((request) => requestsBetween(request, before.get(keyOf(request))))
      .filter((request) => request.count > 0),
    errors: later.errors
      .map((error): ErrorStatistics => {
        const occurrences = error.occurrences - (errorsBefore.get(keyOf(error, error.error)) ?? 0);
        return { ...error, occurrences };
      })
      .filter((error) => error.occurrences > 0),
    ...(later.counters && { counters: countersBetween(later.counters, earlier.counters) }),
    ...(later.phases && { phases: phasesBetween(later.phases, earlier.phases) }),
    ...(later.lag && { lag: difference(later.lag, earlier.lag ?? []) }),
  };
}

const keyOf = ({ method, name }: { method: string; name: string }, error = '') =>
  JSON.stringify([method, name, error]);

function requestsBetween(
  later: RequestStatistics,
  earlier: RequestStatistics | undefined,
): RequestStatistics {
  if (!earlier || earlier.count === 0) return later;
  const histogram = difference(later.histogram, earlier.histogram);
  const { minimumMilliseconds: minimum, maximumMilliseconds: maximum } = later;
  return {
    ...later,
    count: later.count - earlier.count,
    failures: later.failures - earlier.failures,
    totalMilliseconds: later.totalMilliseconds - earlier.totalMilliseconds,
    minimumMilliseconds: minimum === earlier.minimumMilliseconds ? (histogram[0]?.[0] ?? null) : minimum,
    maximumMilliseconds: maximum === earlier.maximumMilliseconds ? (histogram.at(-1)?.[0] ?? 0) : maximum,
    totalBytes: later.totalBytes - earlier.totalBytes,
    histogram,
    ...(later.responseHistogram && {
      responseHistogram: difference(later.responseHistogram, earlier.responseHistogram ?? []),
    }),
  };
}

function countersBetween(
  later: Readonly<Record<string, number>>,
  earlier: Readonly<Record<string, number>> = {},
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(later).map(([name, count]) => [name, count - (earlier[name] ?? 0)]),
  );
}

function phasesBetween(later: PhaseHistograms, earlier: PhaseHistograms = {}): PhaseHistograms {
  const between = (phase: keyof PhaseHistograms): Histogram =>
    difference(later[phase] ?? [], earlier[phase] ?? []);
  return { connect: between('connect'), tls: between('tls'), wait: between('wait') };
}
