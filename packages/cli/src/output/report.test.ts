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

        target      dht · http://127.0.0.1:4000 · protocol koorde
        run         fraud/20260801T101112Z-a1b2c3
        load        3,184 requests in 20s · 159 requests/s · 0.38 % failed · 2 workers (local)
        accounting  3,184 due = 3,172 succeeded + 12 failed

           threshold                     measured
        ✓  http_req_duration  p(95)<200     31 ms
        ✓  http_req_failed    rate<0.01   0.377 %

        request    count  failed  requests/s  average    p50    p95    p99       max
        GET cache  3,184  0.38 %         159  23.4 ms  22 ms  31 ms  87 ms  1,240 ms

        12 × GET cache: HTTP 503 [status]
          hint: the service had no room for more requests

        report      /results/fraud/20260801T101112Z-a1b2c3/report.html
      "
    `);
  });

  it('names no file that the disk did not take, but as one that is missing', () => {
    const lost = formatReport(makeReport({ unwritten: ['summary.json', 'report.html'] }), plain);
    expect(lost).toContain('missing     summary.json, report.html in /results/fraud/');
    expect(lost).not.toMatch(/^  report /m);
    const kept = formatReport(makeReport({ unwritten: ['series.jsonl.gz'] }), plain);
    expect(kept).toMatch(/^  report .*report\.html\n  missing/m);
  });

  it('shows what the target counted', () => {
    const text = formatReport(makeReport({ counters: { hit_local: 300, miss_origin: 100 } }), plain);
    expect(text).toContain('counters    hit_local 300 (75 %) · miss_origin 100 (25 %)');
  });

  it('shows how unevenly counters of a family are spread', () => {
    const largest = { name: 'entry_node_b', count: 60 };
    const report = makeReport({ skews: { 'entry_node_*': { members: 3, mean: 30, largest, skew: 2 } } });
    expect(formatReport(report, plain)).toMatch(
      /counters +number +mean +largest +skew +which\n +entry_node_\* +3 +30 +60 +2\.00 +entry_node_b\n/,
    );
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
        accounting: { ...makeReport().accounting!, due: 3190, dropped: 6 },
        total: { ...total, service },
        requests: requests.map((request) => ({ ...request, service })),
      }),
      plain,
    );
    expect(text).toContain('3,184 requests in 15s after 5s of warm-up');
    expect(text).toContain('accounting  3,190 due = 3,172 succeeded + 12 failed + 6 dropped');
    expect(text).toContain('arrivals    40 sent late · up to 17 in flight');
    expect(text).toMatch(/max\s+service p50\s+service p99\n.*1,240 ms\s+0.38 ms\s+1.31 ms/);
  });

  it('lists broken thresholds beside what makes a run INVALID, and what only warns', () => {
    const reason = 'The event loops were late.';
    const broken = 'http_req_duration: p(95)<200 does not hold, measured 250 ms.';
    const text = formatReport(
      makeReport({
        verdict: 'INVALID',
        reasons: [reason, broken, 'Warning (stall): Nothing was answered from 84 s to 95 s.'],
        problems: [{ rule: 'event-loop-lag', reason }],
        warnings: [{ rule: 'stall', reason: 'Nothing was answered from 84 s to 95 s.' }],
      }),
      plain,
    );
    expect(text.split('\n').slice(0, 4)).toEqual([
      '! INVALID',
      `  ${reason}`,
      `  ✗ ${broken}`,
      '  ! Nothing was answered from 84 s to 95 s.',
    ]);
  });

  it('says so when the sums do not agree', () => {
    const accounting = {
      due: 100,
      sent: 99,
      succeeded: 80,
      failed: 10,
      dropped: 0,
      inFlight: 9,
      holds: false,
    };
    expect(formatReport(makeReport({ accounting }), plain)).toContain(
      'accounting  100 due ≠ 80 succeeded + 10 failed + 9 in flight: the sums do not agree',
    );
  });

  it('marks the default threshold, and prints over how much each was measured', () => {
    const [latency, failed] = makeReport().thresholds;
    const text = formatReport(
      makeReport({
        thresholds: [
          { ...latency!, over: 3184, succeeded: 3172 },
          { ...failed!, over: 3184, isDefault: true },
        ],
      }),
      plain,
    );
    expect(text).toMatch(/p\(95\)<200 {5}31 ms {2}over 3,172 successes and 12 failures/);
    expect(text).toMatch(
      /rate<0\.01 {3}0\.377 % {2}over 3,184 requests · default; write it out to change it/,
    );
  });

  it('prints retries by name, stalls, the cold start, events and exceptions', () => {
    const { total, requests } = makeReport();
    const text = formatReport(
      makeReport({
        total: { ...total, retried: 32 },
        requests: [
          { ...requests[0]!, retried: 31 },
          { ...requests[0]!, name: 'health', retried: 1 },
        ],
        stalls: [{ from: 4, to: 12, inFlight: 200 }],
        interactive: true,
        preflight: { summary: 'GET / answered 200', seconds: 0.2, attempts: 14, coldStartSeconds: 137 },
        exceptions: [{ message: 'KeyError: session', count: 3, nodes: ['a', 'b'] }],
        events: [
          { time: 1785579082, action: 'reset', accepted: false, detail: 'a judged test keeps its figures' },
        ],
      }),
      plain,
    );
    for (const line of [
      'sent again  32 (1.01 %): the server had closed an idle connection · GET cache 31 (0.97 %) · GET health 1 (0.03 %)',
      'stall       from 4s to 12s: nothing was answered, up to 200 in flight',
      'mode        interactive: the load could be changed',
      'cold start  2m17s, 14 attempts',
      '3 × exception: KeyError: session (2 workers)',
      '10s  reset (refused): a judged test keeps its figures',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toMatch(/failed\s+sent again\s+requests\/s/);
  });

  it('prints the metrics of the target by kind and request name', () => {
    const { total, requests } = makeReport();
    const metrics = {
      tokens: { count: 10, avg: 96.2, min: 1, med: 90, p90: 120, p95: 130, p99: 140, max: 180 },
      is_cached: { rate: 0.25, hits: 1, total: 4 },
      tokens_sent: { count: 4100, rate: 205 },
    };
    const text = formatReport(
      makeReport({
        metrics: {
          tokens: { kind: 'trend', unit: 'tokens', description: '' },
          is_cached: { kind: 'rate', unit: '', description: '' },
          tokens_sent: { kind: 'counter', unit: '', description: '' },
          start: { kind: 'trend', unit: 'ms', description: '' },
        },
        total: { ...total, metrics: { ...metrics, start: metrics.tokens } },
        requests: [{ ...requests[0]!, metrics }],
      }),
      plain,
    );
    expect(text).toMatch(
      /tokens\s+GET cache\s+10\s+96\.2 tokens\s+90 tokens\s+130 tokens\s+140 tokens\s+180 tokens/,
    );
    expect(text).toMatch(/start\s+10\s+96\.2 ms/);
    expect(text).toMatch(/is_cached\s+GET cache\s+25 %\s+1\s+4/);
    expect(text).toMatch(/tokens_sent\s+GET cache\s+4,100\s+205/);
  });

  it('shows the first sample of a failure, without control characters of the answer', () => {
    const text = formatReport(
      makeReport({
        failureSamples: [
          {
            method: 'GET',
            name: 'cache',
            kind: 'status',
            error: 'HTTP 503',
            time: 1785578980,
            status: 503,
            seconds: 0.0123,
            requestRow: 4711,
            requestId: 'canary-5f2c-12',
            body: `{"error":\n\u001B[31m"full"}${'x'.repeat(500)}`,
          },
        ],
      }),
      plain,
    );
    expect(text).toMatch(
      /12 × GET cache: HTTP 503 \[status\]\n {4}hint: .*\n {4}first: HTTP 503 · after 12\.3 ms · payload row 4,711 · id canary-5f2c-12 · \{"error": \[31m"full"\}x+…\n/,
    );
    expect(text).not.toContain('\u001B');
  });

  it('prints no rate over a part of a second, and no time below zero', () => {
    const { total, requests } = makeReport();
    const text = formatReport(
      makeReport({
        loadSeconds: 0.0004,
        warmUpSeconds: 5,
        total: { ...total, requestsPerSecond: null },
        requests: [{ ...requests[0]!, requestsPerSecond: null }],
      }),
      plain,
    );
    expect(text).toContain('3,184 requests in 1ms, within the 5s of warm-up · – requests/s');
    expect(text).not.toMatch(/NaN|Infinity|\b0ms|-\d/);
  });
});
