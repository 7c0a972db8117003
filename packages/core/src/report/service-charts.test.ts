import { expect, it } from 'vitest';
import { realisticReport } from '../../test/report-fixture.js';
import type { RunReport } from '../results/summary.js';
import { renderReportHtml } from './html.js';
import { timeCharts } from './charts.js';
import { serviceCharts } from './service-charts.js';

const observed: RunReport['observed'] = {
  readings: { good: 7, failed: 1 },
  figures: [
    {
      ...{ name: 'instances', part: 'blue', unit: 'instances', description: 'that serve' },
      points: [
        [-5, 20, 1],
        [40, 20, 3],
      ],
    },
    {
      ...{ name: 'instances', part: 'green', unit: 'instances', description: 'that serve' },
      points: [[0, 60, 2]],
    },
    { name: 'cpu', unit: '%', description: 'of all cores', full: 100, points: [[0, 60, 71]] },
  ],
  events: [{ elapsedSeconds: 40, text: 'Setting desired instance count to 3.' }],
  notes: ['CloudWatch: not authorized. (1 of 8 readings)'],
};

it('draws on the axis of the load, and leaves open what nobody read', () => {
  const report = { ...realisticReport(), observed };
  const charts = serviceCharts(report);
  expect(charts.map(({ title }) => title)).toEqual([
    'Instances of the service',
    'Resources of the service in use',
  ]);
  const [instances] = charts;
  expect(instances!.x).toEqual(report.series.map(({ elapsedSeconds }) => elapsedSeconds));
  const [blue] = instances!.series;
  expect(blue!.label).toBe('instances, blue');
  const at = (second: number) => blue!.values[instances!.x.findIndex((elapsed) => elapsed >= second)];
  expect([at(10), at(30), at(50)]).toEqual([1, null, 3]);
});

it('has a section of its own, with what could not be observed', async () => {
  const html = await renderReportHtml({ ...realisticReport(), observed });
  expect(html).toContain('id="service"');
  expect(html).toContain('CloudWatch: not authorized. (1 of 8 readings)');
  expect(html).toContain('Setting desired instance count to 3.');
  expect(await renderReportHtml(realisticReport())).not.toContain('id="service"');
});

it('shows the counts of the load beside those of the service', async () => {
  const comparison = {
    counts: [{ name: 'cache hits', part: 'a', load: 1900, service: 1912 }],
    differences: ['a counted 12 more.'],
    contradictions: [],
  };
  const html = await renderReportHtml({ ...realisticReport(), observed: { ...observed, comparison } });
  expect(html).toContain('a counted 12 more.');
  expect(html).toMatch(/cache hits, a<\/th><td[^>]*>1,900<\/td><td[^>]*>1,912<\/td><td[^>]*>12</);
  expect(html).not.toContain('None of it changes the verdict');
});

it('shows where the time of a request went, and what each part is known from', async () => {
  const latency = {
    ...{ milliseconds: 50, requests: { load: 1900, service: 1912 }, notes: ['12 are of others.'] },
    parts: [
      { name: 'client', milliseconds: 5, source: 'load' as const, description: 'waiting' },
      { name: 'network', milliseconds: 10, source: 'rest' as const, description: 'both ways' },
      { name: 'model', milliseconds: 35, source: 'service' as const, description: 'of the container' },
    ],
  };
  const html = await renderReportHtml({ ...realisticReport(), observed: { ...observed, latency } });
  expect(html).toMatch(
    /model<\/th><td[^>]*>35 ms<\/td><td[^>]*>70 %<\/td><td>average that the service reports</,
  );
  expect(html).toMatch(/request<\/th><td[^>]*>50 ms</);
  expect(html).toContain('12 are of others.');
});

it('marks in every chart over time what happened while it was loaded', () => {
  const report = realisticReport();
  const end = report.series.at(-1)!.elapsedSeconds;
  const events = [
    { elapsedSeconds: -3, text: 'before', mark: 'a left' },
    { elapsedSeconds: 12.5, text: 'within', mark: 'b left' },
    { elapsedSeconds: 13, text: 'no mark' },
    { elapsedSeconds: end + 5, text: 'after', mark: 'c joined' },
  ];
  const marked = { ...report, observed: { ...observed, events } };
  const charts = [...timeCharts(marked), ...serviceCharts(marked)];
  expect(charts.length).toBeGreaterThan(3);
  for (const { markers } of charts) expect(markers).toEqual([{ label: 'b left', x: 12.5 }]);
  expect(timeCharts({ ...report, observed }).every(({ markers }) => markers === undefined)).toBe(true);
});
