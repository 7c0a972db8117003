import { expect, test } from 'vitest';
import { detailedReport } from '../../test/detailed-report-fixture.js';
import { hostileReport, passingReport, realisticReport } from '../../test/report-fixture.js';
import { renderReportMarkdown } from './markdown.js';

test('has the verdict, why, each threshold with what was measured, and each request', () => {
  const report = realisticReport();
  const text = renderReportMarkdown(report);
  expect(text).toMatch(/^### ❌ FAIL: fraud/);
  expect(text).toContain('| ❌ | `http_req_duration{name:predict-batch}` | `p(95)<200` | 250 ms |');
  expect(text.match(/^\| [✅❌] /gm)).toHaveLength(report.thresholds.length);
  expect(text.match(/^\| POST /gm)).toHaveLength(report.requests.length);
  expect(text).toContain('\n| all | ');
  expect(renderReportMarkdown(passingReport())).toMatch(/^### ✅ PASS/);
  expect(renderReportMarkdown(detailedReport())).toMatch(/^### ⚠️ INVALID/);
});

test('takes no text of a run for markup', () => {
  // What stands in code is shown as it is.
  const text = renderReportMarkdown(hostileReport()).replace(/`[^`]*`/g, 'code');
  expect(text).not.toMatch(/(?<!\\)<(?!\d)[a-z/!]/i);
  expect(text).not.toMatch(/(?<!\\)\]\(/);
  const columns = text.split('\n').filter((line) => line.startsWith('| '));
  for (const line of columns) expect([5, 7]).toContain(line.split(/(?<!\\)\|/).length - 2);
});
