import { describe, expect, it } from 'vitest';
import { request, row, rowOfRun, statistics } from '../../test/statistics-fixture.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { SeriesRow } from '../series/rows.js';
import { sumOfRows } from '../series/merge.js';
import { uniformNumbers } from '../values/random.js';
import { checkBooks } from './accounting.js';

const kinds = ['timeout', 'status', 'payload', 'unfinished'];

/** Any load of several names, seconds and outcomes, in which every request has one. */
function anyLoad(seed: number): { rows: SeriesRow[]; statistics: MasterStatistics } {
  const random = uniformNumbers(seed);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const rows = Array.from({ length: 1 + upTo(20) }, (_, second) => [
    rowOfRun(second, { ...dropped(upTo(3)), ended: upTo(9) }),
    ...Array.from({ length: upTo(3) }, (_, name) => {
      const [succeeded, unsent] = [upTo(30), upTo(2)];
      const failures = Object.fromEntries(kinds.slice(0, upTo(4)).map((kind) => [kind, 1 + upTo(5)]));
      const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
      const due = succeeded + failed;
      const sent = Math.max(0, due - unsent);
      const { status: answered = 0, ...codes }: Record<string, number> = failures;
      if (answered > 0) codes['503'] = answered;
      if (succeeded > 0) codes['200'] = succeeded;
      const traffic = { bytes: upTo(99), bytesSent: upTo(99), bytesReceived: upTo(99) };
      const counts = { due, sent, succeeded, failed, failures, codes, ...traffic };
      return row(second, [], { name: `name-${name}`, ...counts });
    }),
  ]).flat();
  const { total, requests } = sumOfRows(rows, {});
  const errors = rows.flatMap(({ method, name, failures }) =>
    Object.entries(failures).map(([kind, occurrences]) => ({ method, name, kind, error: kind, occurrences })),
  );
  return { rows, statistics: statistics({ total, requests, errors }) };
}

const dropped = (count: number) => ({ due: count, dropped: count });

const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

describe('the books of any load', () => {
  it('hold when every request has one outcome', () => {
    for (const seed of seeds) {
      const { rows, statistics } = anyLoad(seed);
      const { accounting, violations } = checkBooks(statistics, rows);
      expect(violations, `seed ${seed}`).toEqual([]);
      expect(accounting.holds).toBe(true);
      expect(accounting.due).toBe(accounting.succeeded + accounting.failed + accounting.dropped);
    }
  });

  const keys = ['due', 'sent', 'succeeded', 'failed', 'dropped'] as const;
  it.each([...keys, 'bytes', 'bytesSent', 'bytesReceived'] as const)(
    'do not hold when one of %s is lost or counted twice anywhere',
    (key) => {
      for (const seed of seeds) {
        const { rows, statistics } = anyLoad(seed);
        const index = seed % rows.length;
        for (const change of [1, -1]) {
          const wrongRows = rows.with(index, { ...rows[index]!, [key]: (rows[index]![key] ?? 0) + change });
          expect(checkBooks(statistics, wrongRows).accounting.holds, `row, seed ${seed}`).toBe(false);
          const total = { ...statistics.total, [key]: (statistics.total[key] ?? 0) + change };
          expect(checkBooks({ ...statistics, total }, rows).accounting.holds, `total, ${seed}`).toBe(false);
          const [first, ...others] = statistics.requests;
          if (!first || key === 'dropped') continue;
          const requests = [{ ...first, [key]: (first[key] ?? 0) + change }, ...others];
          expect(checkBooks({ ...statistics, requests }, rows).accounting.holds, `name, ${seed}`).toBe(false);
        }
      }
    },
  );

  it('do not hold when a status code is lost, counted twice or taken for another one anywhere', () => {
    for (const seed of seeds) {
      const { rows, statistics } = anyLoad(seed);
      const [code] = Object.keys(statistics.total.codes ?? {});
      if (code === undefined) continue;
      const wrong = <Value extends { readonly codes?: Readonly<Record<string, number>> | undefined }>(
        value: Value,
        changes: Readonly<Record<string, number>>,
      ): Value => {
        const codes = { ...value.codes };
        for (const [name, change] of Object.entries(changes)) codes[name] = (codes[name] ?? 0) + change;
        return { ...value, codes };
      };
      for (const changes of [{ [code]: 1 }, { [code]: -1 }, { [code]: -1, '418': 1 }]) {
        const index = rows.findIndex((row) => row.codes?.[code]);
        const broken = rows.with(index, wrong(rows[index]!, changes));
        expect(checkBooks(statistics, broken).accounting.holds, `row, seed ${seed}`).toBe(false);
        const total = wrong(statistics.total, changes);
        expect(checkBooks({ ...statistics, total }, rows).accounting.holds, `total, ${seed}`).toBe(false);
        const requests = statistics.requests.with(0, wrong(statistics.requests[0]!, changes));
        expect(checkBooks({ ...statistics, requests }, rows).accounting.holds, `name, ${seed}`).toBe(false);
      }
    }
  });

  it('do not hold while requests are in flight', () => {
    for (const seed of seeds) {
      const { rows, statistics } = anyLoad(seed);
      const inFlight = { count: 1 + (seed % 3), oldestSeconds: 1 };
      expect(checkBooks({ ...statistics, inFlight }, rows).accounting).toMatchObject({
        holds: false,
        inFlight: inFlight.count,
      });
    }
  });
});

describe('what does not agree is told with its numbers', () => {
  const total = request('Aggregated', [1, 2, 3], { method: '' });
  const sound = statistics({ total, requests: [request('predict', [1, 2, 3])] });
  const rows = [row(0, [1, 2]), row(1, [3])];

  it.each<[string, Partial<MasterStatistics>, SeriesRow[], RegExp]>([
    [
      'a request without an outcome',
      { total: { ...total, due: 4 }, requests: [request('predict', [1, 2, 3], { due: 4 })] },
      [row(0, [1, 2], { due: 3 }), row(1, [3])],
      /^Not every request is accounted for: 4 were due; 3 succeeded, 0 failed, 0 were dropped \(3 together\), and 0 were still in flight\.$/,
    ],
    ['a report that never came', { missingReports: 2 }, rows, /^2 reports of workers never came/],
    [
      'a second that is missing',
      {},
      [row(0, [1, 2])],
      /^The sums of the seconds are not those of the total: due 2 of 3, sent 2 of 3, succeeded 2 of 3\.$/,
    ],
    [
      'a name that is missing',
      { requests: [] },
      rows,
      /^The sums of the request names are not those of the total: due 0 of 3, sent 0 of 3, succeeded 0 of 3\.$/,
    ],
    [
      'an error without a failure',
      { errors: [{ method: 'POST', name: 'predict', kind: 'status', error: 'HTTP 500', occurrences: 2 }] },
      rows,
      /^0 requests failed, but the list of errors has 2\.$/,
    ],
    [
      'a failure without a kind',
      {},
      [row(0, [1, 2], { failures: { status: 1 } }), row(1, [3])],
      /^0 requests failed, but the seconds have 1 of some kind\.$/,
    ],
    [
      'a request without a status code',
      {
        total: { ...total, codes: { '200': 2 } },
        requests: [request('predict', [1, 2, 3], { codes: { '200': 2 } })],
      },
      [row(0, [1, 2], { codes: { '200': 2 } }), row(1, [3])],
      /^3 requests ended, but 2 have a status code or a reason for none\.$/,
    ],
    [
      'a status code of another second',
      {
        total: { ...total, codes: { '200': 3 } },
        requests: [request('predict', [1, 2, 3], { codes: { '200': 3 } })],
      },
      [row(0, [1, 2], { codes: { '200': 2 } }), row(1, [3], { codes: { timeout: 1 } })],
      /^The status codes of the seconds are not those of the total: 200 2 of 3, timeout 1 of 0\.$/,
    ],
  ])('%s', (_name, change, rows, expected) => {
    const { violations } = checkBooks({ ...sound, ...change }, rows);
    expect(violations).toEqual([expect.stringMatching(expected)]);
  });

  it('and nothing where all agrees', () => expect(checkBooks(sound, rows).violations).toEqual([]));
});
