import { expect, it } from 'vitest';
import type { RequestStatistics, TrendStatistics } from '../locust/statistics.js';
import { splitLatency } from './latency-split.js';

const trend = (average: number, count: number): TrendStatistics => ({
  ...{ count, sum: average * count, minimum: average, maximum: average, histogram: [[average, count]] },
});
const totalOf = (trends: RequestStatistics['trends'], failed = 0): RequestStatistics => ({
  ...{
    method: '',
    name: 'Aggregated',
    due: 100,
    sent: 100,
    succeeded: 100 - failed,
    failed,
    dropped: 0,
    bytes: 0,
  },
  ...{ trends, counters: {}, rates: {} },
});
const told = (milliseconds: number, requests = 100) => ({
  parts: [{ name: 'model', description: 'of the container', milliseconds }],
  requests,
});
const named = (split: ReturnType<typeof splitLatency>) =>
  typeof split === 'string'
    ? split
    : { ...split, parts: split.parts.map(({ name, source, milliseconds }) => [name, source, milliseconds]) };

it('gives what is left over to the network, and adds up to what was measured', () => {
  const open = totalOf({ http_req_service: trend(40, 100), http_req_response: trend(55, 100) });
  expect(named(splitLatency(open, told(30)))).toEqual({
    milliseconds: 55,
    parts: [
      ['client', 'load', 15],
      ['network', 'rest', 10],
      ['model', 'service', 30],
    ],
    requests: { load: 100, service: 100 },
    notes: [],
  });
});

it('takes of users what they waited for connections, those included that did not', () => {
  const closed = totalOf({ http_req_service: trend(40, 100), http_req_blocked: trend(20, 10) });
  expect(named(splitLatency(closed, told(30)))).toMatchObject({
    milliseconds: 42,
    parts: [
      ['client', 'load', 2],
      ['network', 'rest', 10],
      ['model', 'service', 30],
    ],
  });
});

it('does not split what does not fit, and says what is of other requests', () => {
  const total = totalOf({ http_req_service: trend(20, 100) }, 10);
  expect(splitLatency(total, told(30))).toMatch(
    /the service reports 30 ms of them, and the load measured 20 ms/,
  );
  const split = splitLatency(total, told(10, 140));
  expect(split).toMatchObject({
    notes: [
      expect.stringMatching(/of 140 requests, and those of the load of 100/),
      expect.stringMatching(/^10 of the 100 requests failed/),
    ],
  });
  expect(splitLatency(totalOf({}), told(1))).toMatch('none ended');
});
