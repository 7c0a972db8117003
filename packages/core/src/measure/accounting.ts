import { endedRequests } from '../locust/outcomes.js';
import type { MasterStatistics, RequestStatistics } from '../locust/statistics.js';
import type { Accounting } from '../results/summary.js';
import type { SeriesRow } from '../series/rows.js';

type Counts = Pick<RequestStatistics, 'due' | 'sent' | 'succeeded' | 'failed' | 'dropped'> &
  Partial<Pick<RequestStatistics, 'bytes' | 'bytesSent' | 'bytesReceived' | 'codes'>>;
type Codes = Readonly<Record<string, number>>;
const counted = ['due', 'sent', 'succeeded', 'failed', 'dropped'] as const;
const compared = [...counted, 'bytes', 'bytesSent', 'bytesReceived'] as const;

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
    ...codesOf(total, requests, seconds.codes),
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
): Counts & { failures: number; codes: Codes } {
  const codes: Record<string, number> = {};
  const sum = {
    ...{ due: 0, sent: 0, succeeded: 0, failed: 0, dropped: 0, failures: 0 },
    ...{ bytes: 0, bytesSent: 0, bytesReceived: 0, codes },
  };
  for (const part of parts) {
    for (const key of compared) sum[key] += part[key] ?? 0;
    for (const count of Object.values(part.failures ?? {})) sum.failures += count;
    for (const [code, count] of Object.entries(part.codes ?? {})) codes[code] = (codes[code] ?? 0) + count;
  }
  return sum;
}

/** Dropped requests have no name: of names they stand in the total only. */
function named(names: Counts, { dropped }: Counts): Counts {
  return names.dropped > 0 ? names : { ...names, due: names.due + dropped, dropped };
}

function compare(total: Counts, other: Counts, what: string): string[] {
  const different = compared.filter((key) => (total[key] ?? 0) !== (other[key] ?? 0));
  if (different.length === 0) return [];
  const numbers = different.map((key) => `${key} ${other[key] ?? 0} of ${total[key] ?? 0}`).join(', ');
  return [`The sums of ${what} are not those of the total: ${numbers}.`];
}

function failuresOf({ failed }: Counts, errors: MasterStatistics['errors'], byKind: number): string[] {
  const listed = errors.reduce((sum, { occurrences }) => sum + occurrences, 0);
  return [
    ...(listed === failed ? [] : [`${failed} requests failed, but the list of errors has ${listed}.`]),
    ...(byKind === failed ? [] : [`${failed} requests failed, but the seconds have ${byKind} of some kind.`]),
  ];
}

/** Every request that ended has one code, in the total, by name and by second. A runtime of an earlier version has none. */
function codesOf(total: Counts, requests: MasterStatistics['requests'], bySecond: Codes): string[] {
  const { codes } = total;
  if (!codes) return [];
  const ended = endedRequests(total);
  const known = Object.values(codes).reduce((sum, count) => sum + count, 0);
  return [
    ...(known === ended
      ? []
      : [`${ended} requests ended, but ${known} have a status code or a reason for none.`]),
    ...differentCodes(codes, sumOf(requests).codes, 'the request names'),
    ...differentCodes(codes, bySecond, 'the seconds'),
  ];
}

function differentCodes(codes: Codes, other: Codes, what: string): string[] {
  const different = [...new Set([...Object.keys(codes), ...Object.keys(other)])].filter(
    (code) => (codes[code] ?? 0) !== (other[code] ?? 0),
  );
  if (different.length === 0) return [];
  const numbers = different.map((code) => `${code} ${other[code] ?? 0} of ${codes[code] ?? 0}`).join(', ');
  return [`The status codes of ${what} are not those of the total: ${numbers}.`];
}
