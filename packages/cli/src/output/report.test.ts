import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../test/report-fixture.js';
import { formatReport } from './report.js';

const plain = picocolors.createColors(false);

describe('formatReport', () => {
  it('tells verdict, reasons, thresholds, figures, errors and where the report is', () => {
    expect(formatReport(makeReport(), plain)).toMatchInlineSnapshot(`
      "✓ PASS
        Both thresholds held.

        target    dht · http://127.0.0.1:4000 · protocol koorde
        run       fraud/20260801T101112Z-a1b2c3
        load      3,184 requests in 20s · 159 requests/s · 0.377 % failed · 2 workers (local)

           threshold                     measured
        ✓  http_req_duration  p(95)<200     31 ms
        ✓  http_req_failed    rate<0.01   0.00377

        request    count   failed  requests/s  average    p50    p95    p99       max
        GET cache  3,184  0.377 %         159  23.4 ms  22 ms  31 ms  87 ms  1,240 ms

        12 × GET cache: HTTP 503
          hint: the service had no room for more requests

        report    /results/fraud/20260801T101112Z-a1b2c3/report.html
      "
    `);
  });

  it('sums up when there is more than one request name', () => {
    const { requests } = makeReport();
    const report = makeReport({ requests: [...requests, { ...requests[0]!, name: 'health' }] });
    expect(formatReport(report, plain)).toMatch(/GET health.*\n\s+all /);
  });

  it('says so when a threshold found nothing to measure', () => {
    const report = makeReport({
      verdict: 'FAIL',
      thresholds: [
        { metric: 'http_req_duration', expression: 'p(95)<200', passed: false, measured: null, unit: 'ms' },
      ],
    });
    expect(formatReport(report, plain)).toMatch(/✗\s+http_req_duration\s+p\(95\)<200\s+nothing/);
  });
});
