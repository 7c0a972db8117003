import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  emptyReport,
  hostileReport,
  openReport,
  passingReport,
  realisticReport,
} from '../../test/report-fixture.js';
import { renderReportHtml } from './html.js';

const policyOf = (html: string) => /Content-Security-Policy" content="(.*?)"/.exec(html)?.[1] ?? '';
const decode = (text: string) => text.replaceAll('&#39;', "'");

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
    expect(html).toContain('2.46.0');
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
    expect(await renderReportHtml(realisticReport())).not.toContain('Load generator');
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
