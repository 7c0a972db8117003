import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  emptyReport,
  hostileReport,
  openReport,
  passingReport,
  realisticReport,
} from '../../test/report-fixture.js';
import { detailedReport, tooShortReport, unbalancedReport } from '../../test/detailed-report-fixture.js';
import { renderReportHtml } from './html.js';

const policyOf = (html: string) => /Content-Security-Policy" content="(.*?)"/.exec(html)?.[1] ?? '';
const decode = (text: string) => text.replaceAll('&#39;', "'");

/** What a reader sees of the page, in one line. */
const textOf = (html: string) =>
  decodeEntities(
    html.slice(html.indexOf('<body>'), html.indexOf('<script')).replace(/<[^>]*>/g, ' '),
  ).replace(/\s+/g, ' ');

const decodeEntities = (text: string) =>
  text
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

describe('the file', () => {
  test('asks for nothing from anywhere', async () => {
    const html = await renderReportHtml(realisticReport());
    expect(html).not.toMatch(/<link|\bsrc=|@import|url\(/);
    expect(decode(policyOf(html))).toMatch(
      /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+';/,
    );
  });

  test('allows exactly the script and the style that it carries', async () => {
    const html = await renderReportHtml(realisticReport());
    for (const [kind, element] of [
      ['script-src', /<script>([\s\S]*?)<\/script>/],
      ['style-src', /<style>([\s\S]*?)<\/style>/],
    ] as const) {
      const text = element.exec(html)?.[1] ?? '';
      expect(decode(policyOf(html))).toContain(
        `${kind} 'sha256-${createHash('sha256').update(text).digest('base64')}'`,
      );
    }
  });

  test('is the same for the same report', async () => {
    expect(await renderReportHtml(realisticReport())).toBe(await renderReportHtml(realisticReport()));
  });

  test('lets no text out of its place', async () => {
    const html = await renderReportHtml(hostileReport());
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<!--');
  });

  test('keeps its size when the run is long', async () => {
    const html = await renderReportHtml(realisticReport({ samples: 10_000, workers: 12 }));
    expect(html.length).toBeLessThan(400_000);
    expect(html).toContain('Each point stands for 34 samples');
  });
});

describe('the content', () => {
  test('begins with the verdict and its reasons', async () => {
    const html = await renderReportHtml(realisticReport());
    expect(html).toContain('<title>FAIL · fraud-detection · Loadwright</title>');
    expect(html.indexOf('class="word">FAIL')).toBeLessThan(html.indexOf('Key figures'));
    expect(html).toContain('p(95)&lt;200 does not hold, measured 250 ms.');
  });

  test('shows labels, hints, versions, the digest and the files', async () => {
    const html = await renderReportHtml(passingReport());
    expect(html).toContain('<dt>protocol</dt><dd>koorde</dd>');
    expect(html).toContain('<a href="locust.html">');
    expect(html).toContain(passingReport().bundleDigest);
    expect(html).toContain('2.47.0');
    expect(await renderReportHtml(realisticReport())).toContain('The service is throttling');
  });

  test('tells of an open load what was due, late and dropped, and both kinds of times', async () => {
    const html = await renderReportHtml(openReport());
    for (const text of [
      'Offered and achieved rate',
      'Service times of all requests',
      'Service time, ms',
      'Dropped: waited in vain',
      'Event-loop lag',
      '3 requests were sent again',
      'are the warm-up',
      'after the warm-up',
    ]) {
      expect(html).toContain(text);
    }
    const page = html.slice(html.indexOf('<body>'), html.indexOf('<script'));
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(await renderReportHtml(realisticReport())).not.toContain('Table of arrivals');
  });

  test('lists what broke beside what makes a run INVALID, and what only warns', async () => {
    const page = textOf(await renderReportHtml(detailedReport()));
    expect(page).toMatch(
      /The event loops of the workers were late.*Broken thresholds http_req_duration\{name:predict-batch\}: p\(95\)<200 does not hold.*Warnings Nothing was answered from 84 s to 95 s/,
    );
  });

  test('shows the sum of all requests, and says so when it does not hold', async () => {
    expect(textOf(await renderReportHtml(detailedReport()))).toContain(
      'Accounting 49,976 due = 49,331 succeeded + 645 failed Every request of the whole load has one outcome',
    );
    expect(textOf(await renderReportHtml(unbalancedReport()))).toContain(
      '49,988 due ≠ 49,817 succeeded + 150 failed + 12 dropped + 9 in flight The sums do not agree',
    );
    const { accounting: _, ...first } = realisticReport();
    expect(textOf(await renderReportHtml(first))).not.toContain('Accounting');
  });

  test('marks the default threshold, and says over how much a threshold was measured', async () => {
    const page = textOf(await renderReportHtml(detailedReport()));
    expect(page).toContain('rate<0.01 default; write it out to change it');
    expect(page).toContain('160 ms over 52,656 successes and 645 failures');
    expect(page).toContain('447.36 ms over 53,301 values');
  });

  test('shows samples of failures, those of listed ones beside them', async () => {
    const page = textOf(await renderReportHtml(detailedReport()));
    expect(page).toContain('throttled 138 unfinished 37 check 21');
    expect(page).toMatch(
      /HTTP 400 ThrottlingException: Rate exceeded What to do .*? HTTP 400 · after 12 ms · payload row 17 · 09:33:20\.250 UTC content-type .*? retry-after 12 .*?Overloaded: the queue is full <retry later>/,
    );
    expect(page).toContain('no answer · after 66.3 s · payload row 4,711 · id canary-5f2c-12');
    expect(page).toMatch(
      /Failures outside of the judged load POST predict · payload · no answer · payload row 99/,
    );
  });

  test('shows metrics of the target, retries, events, exceptions, the cold start and the mode', async () => {
    const page = textOf(await renderReportHtml(detailedReport()));
    for (const text of [
      'time_to_first_token from sending to the first token',
      'tokens_sent tokens of all prompts',
      'is_cached prompts that were in the cache',
      'entry_node_* 8 6,667.5 9,334 1.40 entry_node_0x534daff3d224ceb876363751f540e2d1ad8d7e',
      '215 requests were sent again',
      '0:30 edit recorded users from 100 to 200',
      '1:01 reset refused a judged test keeps its figures',
      "12 KeyError: 'session_id' in next_request",
      'Cold start 2 min 17 s',
      'after a cold start of 2 min 17 s and 14 attempts',
      'interactive: the load could be changed',
      'Stalled from 1:24 to 1:35: nothing was answered, with up to 200 requests in flight',
    ]) {
      expect(page).toContain(text);
    }
    expect(textOf(await renderReportHtml(unbalancedReport()))).toContain('Preflight skipped');
  });

  test.each([
    ['a load of less than a second', tooShortReport()],
    ['everything that a report can hold', detailedReport()],
  ])('prints no rate over no time, no negative length and no broken number: %s', async (_, report) => {
    const page = textOf(await renderReportHtml(report));
    expect(page).not.toMatch(/NaN|undefined|Infinity|-\d+(\.\d+)? (s|ms|min|\/s)/);
    if (report.loadSeconds < 1) {
      expect(page).toContain('Throughput – less than a second');
      expect(page).toContain('ended within the warm-up');
      expect(page).toContain('Load < 0.1 s');
    }
  });

  test('shows charts before tables, and those of the generator last', async () => {
    const html = await renderReportHtml(detailedReport());
    const places = ['thresholds', 'over-time', 'latency', 'requests', 'errors', 'generator', 'run'].map(
      (id) => html.indexOf(`<section id="${id}"`),
    );
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places[0]).toBeGreaterThan(0);
    expect(html.indexOf('data-chart="worker-cpu"')).toBeGreaterThan(places[5]!);
  });

  test('says of a limit that is far off how many times it was measured', async () => {
    const report = realisticReport();
    const [first] = report.thresholds;
    const thresholds = [
      { ...first!, metric: 'http_reqs', expression: 'count>100', measured: 3260, unit: 'requests' },
    ];
    const html = await renderReportHtml({ ...report, thresholds });
    expect(html).toContain('<span>32.6 ×</span>');
    expect(html).not.toContain('3,260 %');
  });

  test('says what is missing', async () => {
    const html = await renderReportHtml(emptyReport());
    for (const text of [
      'No thresholds were set',
      'No request ended',
      'No samples',
      'No answer was timed',
      'aborted',
    ]) {
      expect(html).toContain(text);
    }
    const page = html.slice(html.indexOf('<body>'), html.indexOf('<script'));
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});
