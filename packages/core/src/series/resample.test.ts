import { describe, expect, test } from 'vitest';
import { awkwardName, makeSeries, totalOf, trendOf } from '../../test/series-fixture.js';
import { histogramOf, mergeTrends, resample, trendPercentile } from './resample.js';

const exactPercentile = (values: readonly number[], fraction: number) =>
  [...values].sort((first, second) => first - second)[Math.ceil(values.length * fraction) - 1]!;

describe('resample', () => {
  test.each([1, 7, 20, Infinity])('keeps every count with intervals of %d s', (everySeconds) => {
    const series = makeSeries();
    const rows = resample(series, { everySeconds });
    for (const count of ['due', 'sent', 'succeeded', 'failed', 'dropped', 'bytes'] as const) {
      expect(totalOf({ rows }, (row) => row[count])).toBe(totalOf(series, (row) => row[count]));
    }
    expect(totalOf({ rows }, (row) => row.failures['timeout'] ?? 0)).toBe(
      totalOf(series, (row) => row.failures['timeout'] ?? 0),
    );
    expect(totalOf({ rows }, (row) => row.rates?.['is_complete']?.hits ?? 0)).toBe(
      totalOf(series, (row) => row.rates?.['is_complete']?.hits ?? 0),
    );
    expect(new Set(rows.map(({ second }) => second)).size).toBe(
      everySeconds === Infinity ? 1 : Math.ceil(20 / everySeconds),
    );
  });

  test.each([0.5, 0.9, 0.95, 0.99, 0.999, 1])(
    'reads percentile %d of the run from its seconds',
    (fraction) => {
      const series = makeSeries();
      for (const row of resample(series, { everySeconds: Infinity })) {
        if (row.name === '') continue;
        const exact = exactPercentile(series.times.get(row.name)!, fraction);
        const read = trendPercentile(row.trends['http_req_service']!, fraction, 'ms')!;
        expect(Math.abs(read - exact) / exact).toBeLessThan(0.004);
      }
    },
  );

  test('leaves the warm-up out, and begins the intervals after it', () => {
    const series = makeSeries();
    const rows = resample(series, { everySeconds: 6, skipSeconds: 3 });
    expect([...new Set(rows.map(({ second }) => second))]).toEqual([3, 9, 15]);
    expect(totalOf({ rows }, ({ due }) => due)).toBe(
      totalOf({ rows: series.rows.filter(({ second }) => second >= 3) }, ({ due }) => due),
    );
  });

  test('sorts by second, then by name', () => {
    const series = makeSeries(2);
    const rows = resample({ rows: [...series.rows].reverse() }, { everySeconds: 1 });
    expect(rows.map(({ second, name }) => [second, name])).toEqual([
      [0, ''],
      [0, awkwardName],
      [0, 'predict'],
      [1, awkwardName],
      [1, 'predict'],
    ]);
  });
});

describe('a trend', () => {
  test('without values has no percentile and takes nothing away', () => {
    const none = trendOf([]);
    const some = trendOf([3, 9]);
    expect(trendPercentile(none, 0.5, 'ms')).toBeNull();
    expect(mergeTrends(none, some)).toEqual(some);
    expect(mergeTrends(some, none)).toEqual(some);
  });

  test('is the same whether it was merged or counted at once', () => {
    const [first, second] = [
      [1.25, 80, 300.5],
      [0.0005, 80, 2000],
    ];
    const merged = mergeTrends(trendOf(first!), trendOf(second!));
    expect(merged.buckets).toEqual(trendOf([...first!, ...second!]).buckets);
    expect(merged).toMatchObject({ count: 6, minimum: 0.0005, maximum: 2000 });
  });

  test('is never read beyond what was measured', () => {
    // 1000 ms is the lower edge of a bucket whose middle is 1002.
    const constant = trendOf([1000, 1000, 1000]);
    expect(histogramOf(constant, 'ms')).toEqual([[1000, 3]]);
    expect(trendPercentile(constant, 0.99, 'ms')).toBe(1000);
  });
});
