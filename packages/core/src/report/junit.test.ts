import { expect, test } from 'vitest';
import { detailedReport } from '../../test/detailed-report-fixture.js';
import { emptyReport, hostileReport, passingReport, realisticReport } from '../../test/report-fixture.js';
import { renderJunit } from './junit.js';

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

test('has a test case for each threshold, and the measured value of a broken one', () => {
  const report = realisticReport();
  const xml = renderJunit(report);
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites>/);
  expect(count(xml, /<testcase /g)).toBe(report.thresholds.length);
  expect(xml).toContain('tests="4" errors="0" failures="1"');
  expect(xml).toMatch(
    /<failure message="http_req_duration\{name:predict-batch\} p\(95\)&lt;200: measured 250 ms"/,
  );
});

test('says what every threshold was measured as, and over how much, and which one is the default', () => {
  const xml = renderJunit(detailedReport());
  expect(xml).toContain(
    '<system-out>http_req_duration p(95)&lt;250: measured 160 ms over 52,656 successes and 645 failures</system-out>',
  );
  expect(count(xml, /<system-out>[^<]*: measured /g)).toBe(count(xml, /<testcase /g) - 1);
  expect(xml).not.toMatch(/unk?nown/i);
  expect(xml).toContain(
    'http_req_failed rate&lt;0.01: measured 1.21 %; this is the default, write it out to change it',
  );
  expect(xml).toContain(
    'time_to_first_token p(95)&lt;500: measured 447.36 ms over 53,301 values</system-out>',
  );
});

test('an invalid run keeps its broken thresholds', () => {
  const xml = renderJunit(detailedReport());
  expect(xml).toContain('tests="6" errors="1" failures="2"');
});

test('a passed run without thresholds has one passed test case', () => {
  const xml = renderJunit({ ...passingReport(), thresholds: [] });
  expect(xml).toContain('name="measurement is valid"');
  expect(xml).toContain('tests="1" errors="0" failures="0"');
});

test('an invalid measurement is an error, whatever the thresholds say', () => {
  const xml = renderJunit({ ...passingReport(), verdict: 'INVALID', reasons: ['A worker was lost.'] });
  expect(xml).toContain('errors="1" failures="0"');
  expect(xml).toContain('<error message="A worker was lost."');
  expect(renderJunit(emptyReport())).toContain('<error message="The run was stopped before its end.');
});

test('holds no character that XML cannot hold, and no markup from outside', () => {
  const xml = renderJunit({ ...hostileReport(), name: 'bell \u0007 null \u0000', reasons: ['\uFFFE'] });

  expect(xml).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE]/);
  expect(xml).not.toContain('<img');
});
