import { expect, it } from 'vitest';
import { request, row, rowOfRun } from '../../test/statistics-fixture.js';
import { requestSeriesOf } from './request-series.js';

const metrics = { http_req_service: { kind: 'trend', unit: 'ms', description: '' } } as const;
const named = (second: number, name: string, times: readonly number[]) => row(second, times, { name });

it('has a point for each second of each name, with the percentiles of that second', () => {
  const rows = [
    rowOfRun(0, { ended: 3 }),
    named(0, 'a', [10, 10]),
    named(0, 'b', [500]),
    named(2, 'a', [20]),
    named(3, 'a', [999]),
  ];
  const requests = [request('a', [10, 10, 20]), request('b', [500])];
  const series = requestSeriesOf({ rows, requests, metrics, loadSeconds: 3.4 });
  expect(series.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(series[0]!.points).toMatchObject([
    { elapsedSeconds: 1, requestsPerSecond: 2, p50: 10 },
    { elapsedSeconds: 2, requestsPerSecond: 0, p50: null },
    { elapsedSeconds: 3, requestsPerSecond: 1, p50: 20 },
  ]);
  expect(series[1]!.points[0]).toMatchObject({ p95: 500 });
});

it('puts seconds together where there are more than a chart has room for', () => {
  const rows = Array.from({ length: 900 }, (_, second) =>
    named(second, 'a', [10, second % 3 === 2 ? 90 : 10]),
  );
  const requests = [request('a', [10]), request('b', [])];
  const [one] = requestSeriesOf({ rows, requests, metrics, loadSeconds: 900 });
  expect(one!.points).toHaveLength(300);
  expect(one!.points[0]).toMatchObject({ elapsedSeconds: 3, requestsPerSecond: 2 });
  expect(Math.abs(one!.points[0]!.p99! - 90)).toBeLessThan(90 * 0.004);
});

it('has the six names with most requests, and nothing of a load with one', () => {
  const requests = Array.from({ length: 8 }, (_, index) =>
    request(`n${index}`, Array(index + 1).fill(5) as number[]),
  );
  const series = requestSeriesOf({ rows: [], requests, metrics, loadSeconds: 2 });
  expect(series.map(({ name }) => name)).toEqual(['n7', 'n6', 'n5', 'n4', 'n3', 'n2']);
  expect(requestSeriesOf({ rows: [], requests: [request('a', [1])], metrics, loadSeconds: 2 })).toEqual([]);
});
