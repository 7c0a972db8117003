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

  it('shows what the target counted', () => {
    const text = formatReport(makeReport({ counters: { hit_local: 300, miss_origin: 100 } }), plain);
    expect(text).toContain('counters  hit_local 300 (75 %) · miss_origin 100 (25 %)');
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

  it('tells of an open load what was due, and both kinds of times', () => {
    const { total, requests } = makeReport();
    const service = { average: 0.4, minimum: 0.2, maximum: 3, median: 0.38, p90: 0.6, p95: 0.71, p99: 1.31 };
    const text = formatReport(
      makeReport({
        warmUpSeconds: 5,
        arrivals: { offered: 3190, late: 40, dropped: 6, mostInFlight: 17 },
        total: { ...total, service },
        requests: requests.map((request) => ({ ...request, service })),
      }),
      plain,
    );
    expect(text).toContain('3,184 requests in 15s after 5s of warm-up');
    expect(text).toContain('arrivals  3,190 due · 40 sent late · 6 dropped · up to 17 in flight');
    expect(text).toMatch(/max\s+service p50\s+service p99\n.*1,240 ms\s+0.38 ms\s+1.31 ms/);
  });
});
