import { endedRequests } from '../locust/outcomes.js';
import type { MasterStatistics, RequestStatistics } from '../locust/statistics.js';
import type { Accounting } from '../results/summary.js';
import type { SeriesRow } from '../series/rows.js';

type Counts = Pick<RequestStatistics, 'due' | 'sent' | 'succeeded' | 'failed' | 'dropped'>;
const counted = ['due', 'sent', 'succeeded', 'failed', 'dropped'] as const;

/** The books of a load. */
export interface Books {
  readonly accounting: Accounting;
  /** What does not agree, a sentence with the numbers each. */
  readonly violations: readonly string[];
}

/**
 * Checks that every request that was due has one outcome, and that the total, the request names and the seconds tell the
 * same. They are counted on different ways: a report that is lost or merged twice shows here.
 */
export function checkBooks(
  statistics: Pick<MasterStatistics, 'total' | 'requests' | 'errors' | 'inFlight' | 'missingReports'>,
  rows: Iterable<SeriesRow>,
): Books {
  const { total, requests, errors, inFlight, missingReports } = statistics;
  const seconds = sumOf(rows);
  const violations = [
    ...lawOf(total, inFlight.count),
    ...compare(total, named(sumOf(requests), total), 'the request names'),
    ...compare(total, seconds, 'the seconds'),
    ...failuresOf(total, errors, seconds.failures),
    ...(missingReports > 0
      ? [`${missingReports} reports of workers never came: what they counted is in no figure.`]
      : []),
  ];
  const { due, sent, succeeded, failed, dropped } = total;
  return {
    accounting: {
      ...{ due, sent, succeeded, failed, dropped },
      inFlight: inFlight.count,
      holds: violations.length === 0,
    },
    violations,
  };
}

function lawOf(total: Counts, inFlight: number): string[] {
  const { due, succeeded, failed, dropped } = total;
  const known = endedRequests(total) + dropped;
  if (inFlight === 0 && due === known) return [];
  return [
    `Not every request is accounted for: ${due} were due; ${succeeded} succeeded, ${failed} failed, ` +
      `${dropped} were dropped (${known} together), and ${inFlight} were still in flight.`,
  ];
}

/** @returns the counts, and how many failures have a kind. */
function sumOf(
  parts: Iterable<Counts & Partial<Pick<SeriesRow, 'failures'>>>,
): Counts & { failures: number } {
  const sum = { due: 0, sent: 0, succeeded: 0, failed: 0, dropped: 0, failures: 0 };
  for (const part of parts) {
    for (const key of counted) sum[key] += part[key];
    for (const count of Object.values(part.failures ?? {})) sum.failures += count;
  }
  return sum;
}

/** Dropped requests have no name: of names they stand in the total only. */
function named(names: Counts, { dropped }: Counts): Counts {
  return names.dropped > 0 ? names : { ...names, due: names.due + dropped, dropped };
}

function compare(total: Counts, other: Counts, what: string): string[] {
  const different = counted.filter((key) => total[key] !== other[key]);
  if (different.length === 0) return [];
  const numbers = different.map((key) => `${key} ${other[key]} of ${total[key]}`).join(', ');
  return [`The sums of ${what} are not those of the total: ${numbers}.`];
}

function failuresOf({ failed }: Counts, errors: MasterStatistics['errors'], byKind: number): string[] {
  const listed = errors.reduce((sum, { occurrences }) => sum + occurrences, 0);
  return [
    ...(listed === failed ? [] : [`${failed} requests failed, but the list of errors has ${listed}.`]),
    ...(byKind === failed ? [] : [`${failed} requests failed, but the seconds have ${byKind} of some kind.`]),
  ];
}
