import { expect, test } from 'vitest';
import {
  emptyReport,
  firstVersionReport,
  hostileReport,
  openReport,
  passingReport,
  realisticReport,
} from '../../test/report-fixture.js';
import { isLoadwrightError } from '../errors.js';
import { parseRunReport, runReportJsonSchema } from './parse.js';

const viaJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function errorOf(json: unknown) {
  try {
    parseRunReport(json);
  } catch (error) {
    if (isLoadwrightError(error)) return error;
    throw error;
  }
  throw new Error('no error');
}

test.each([realisticReport(), passingReport(), emptyReport(), hostileReport(), openReport()])(
  'reads back what was written',
  (report) => {
    expect(parseRunReport(viaJson(report))).toEqual(report);
  },
);

test('keeps members that a later version added', () => {
  expect(parseRunReport({ ...realisticReport(), cost: 3 })).toHaveProperty('cost', 3);
});

test('reads a report of version 1: what it did not know is absent, null or empty', () => {
  const { accounting: _, ...expected } = openReport();
  const report = parseRunReport(viaJson(firstVersionReport()));
  expect(report).toEqual({
    ...expected,
    failureSamples: [],
    errors: expected.errors.map((error) => ({ ...error, kind: 'unknown' })),
    series: expected.series.map((sample) => ({ ...sample, oldestSeconds: null })),
    total: { ...expected.total, retried: expected.generator?.retriedIdle },
  });
});

test('says what is wrong with a report of version 1', () => {
  const error = errorOf({ ...firstVersionReport(), total: { count: -1 } });
  expect(error.message).toMatch(/summary\.total\.count: found -1/);
});

test('a newer version says to upgrade', () => {
  const error = errorOf({ schemaVersion: 3 });
  expect(error.code).toBe('RESULTS_UNREADABLE');
  expect(error.message).toContain('found 3, expected at most 2');
  expect(error.hint).toContain('Upgrade');
});

test.each([
  [null, /summary/],
  ['text', /summary/],
  [{}, /^schemaVersion: missing, expected 1 or 2; this is no summary of a run\.$/],
  [{ ...realisticReport(), verdict: 'GOOD' }, /summary\.verdict: found "GOOD"/],
  [{ ...realisticReport(), startedAt: 'yesterday' }, /summary\.startedAt/],
])('what is no report is refused by field (%#)', (json, message) => {
  const error = errorOf(json);
  expect(error.code).toBe('RESULTS_UNREADABLE');
  expect(error.message).toMatch(message);
});

test('the JSON Schema names every member', () => {
  const { properties, required } = runReportJsonSchema();
  const members = Object.keys(realisticReport()).filter((name) => name !== 'accounting');
  expect(Object.keys(properties as object)).toEqual(expect.arrayContaining(Object.keys(openReport())));
  expect(required).toEqual(members);
});
