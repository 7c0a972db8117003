import { expect, test } from 'vitest';
import { row, rowOfRun } from '../../test/statistics-fixture.js';
import { requestSeriesOf } from './request-series.js';
import { samplesOf } from './series-samples.js';
import { sumOfRows } from '../series/merge.js';

const traffic = { bytes: 3, bytesSent: 100, bytesReceived: 40 };
const rows = [
  rowOfRun(0, { ended: 3 }),
  row(0, [1, 2], { ...traffic, codes: { 200: 2 } }),
  row(0, [3], { ...traffic, name: 'batch', codes: { 503: 1 } }),
  row(2, [4], { ...traffic, name: 'batch', codes: { timeout: 1 } }),
];
const measured = { rows, metrics: {}, loadSeconds: 3 };

test('status codes and bytes of all names are those of the second in which requests were due', () => {
  const samples = samplesOf({ ...measured, samples: [], arrivals: undefined });
  expect(samples.map(({ codes }) => codes)).toEqual([{ 200: 2, 503: 1 }, undefined, { timeout: 1 }]);
  expect(samples.map((sample) => sample.bytesSentPerSecond)).toEqual([200, undefined, 100]);
  expect(samples.map((sample) => sample.bytesReceivedPerSecond)).toEqual([80, undefined, 40]);
});

test('rows of a runtime that knows neither have neither', () => {
  const [sample] = samplesOf({ ...measured, rows: [row(0, [1])], samples: [], arrivals: undefined });
  for (const name of ['codes', 'bytesSentPerSecond', 'bytesReceivedPerSecond'])
    expect(sample).not.toHaveProperty(name);
  expect(sumOfRows([row(0, [1])], {}).total).not.toHaveProperty('codes');
});

test('each name has its own status codes', () => {
  const { requests } = sumOfRows(rows, {});
  const named = requestSeriesOf({ ...measured, requests });
  const codes = named.map(({ name, points }) => [name, points.map(({ codesPerSecond }) => codesPerSecond)]);
  expect(Object.fromEntries(codes)).toEqual({
    predict: [{ 200: 2 }, undefined, undefined],
    batch: [{ 503: 1 }, undefined, { timeout: 1 }],
  });
});
