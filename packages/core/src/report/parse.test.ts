import { expect, test } from 'vitest';
import {
  emptyReport,
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

test('a newer version says to upgrade', () => {
  const error = errorOf({ schemaVersion: 2 });
  expect(error.code).toBe('RESULTS_UNREADABLE');
  expect(error.message).toContain('found 2, expected 1');
  expect(error.hint).toContain('Upgrade');
});

test.each([
  [null, /summary/],
  ['text', /summary/],
  [{}, /summary\.schemaVersion: missing/],
  [{ ...realisticReport(), verdict: 'GOOD' }, /summary\.verdict: found "GOOD"/],
  [{ ...realisticReport(), startedAt: 'yesterday' }, /summary\.startedAt/],
])('what is no report is refused by field (%#)', (json, message) => {
  const error = errorOf(json);
  expect(error.code).toBe('RESULTS_UNREADABLE');
  expect(error.message).toMatch(message);
});

test('the JSON Schema names every member', () => {
  const { properties, required } = runReportJsonSchema();
  const members = Object.keys(realisticReport());
  expect(Object.keys(properties as object)).toEqual(expect.arrayContaining(Object.keys(openReport())));
  expect(required).toEqual(members);
});
