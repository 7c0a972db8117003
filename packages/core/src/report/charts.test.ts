import { expect, test } from 'vitest';
import { detailedReport } from '../../test/detailed-report-fixture.js';
import { openReport, realisticReport } from '../../test/report-fixture.js';
import { chartOfLoad, generatorCharts, timeCharts } from './charts.js';
import { codesTable } from './codes.js';
import { distributionChart } from './distribution-chart.js';
import { requestCharts } from './request-charts.js';

const chartOf = (report: Parameters<typeof timeCharts>[0], id: string) =>
  [...timeCharts(report), ...generatorCharts(report)].find((chart) => chart.id === id)!;

test('every chart has a text for every point', () => {
  const report = realisticReport({ samples: 40 });
  const detailed = detailedReport();
  const charts = [
    ...[...timeCharts(report), ...timeCharts(detailed), ...generatorCharts(report)],
    ...[...requestCharts(detailed), chartOfLoad(report)!, distributionChart(report.distribution)!],
  ];
  expect(charts.length).toBeGreaterThan(15);
  for (const chart of charts) {
    for (const series of chart.series) {
      expect(series.values).toHaveLength(chart.x.length);
      expect(series.texts).toHaveLength(chart.labels.length);
    }
  }
});

test('no samples, no charts', () => {
  expect(timeCharts({ series: [] })).toEqual([]);
  expect(distributionChart([])).toBeUndefined();
});

test('a long run keeps its highest percentile', () => {
  const { series } = realisticReport({ samples: 10_000 });
  const spiked = series.map((sample, index) => (index === 4321 ? { ...sample, p99: 4000 } : sample));
  const chart = chartOf({ series: spiked }, 'response-times');
  expect(chart.x.length).toBeLessThanOrEqual(300);
  expect(Math.max(...chart.series[2]!.values.map((value) => value ?? 0))).toBe(4000);
});

test('response times of many seconds are drawn in seconds', () => {
  const series = realisticReport({ samples: 5 }).series.map((sample) => ({ ...sample, p99: 12_400 }));
  const chart = chartOf({ series }, 'response-times');
  expect(chart.unit).toBe('s');
  expect(chart.series[2]!.values[0]).toBe(12.4);
  expect(chart.series[2]!.texts[0]).toBe('12.4 s');
});

test('a second without answers is a gap, not a zero', () => {
  const series = realisticReport({ samples: 3 }).series.map((sample, index) =>
    index === 1 ? { ...sample, p50: null, p95: null, p99: null } : sample,
  );
  const [p50] = chartOf({ series }, 'response-times').series;
  expect(p50!.values[1]).toBeNull();
  expect(p50!.texts[1]).toBe('–');
});

test('a lost worker leaves a gap, and many workers become three lines', () => {
  const lost = realisticReport({ samples: 3 }).series.map((sample) => ({
    ...sample,
    workers: sample.workers.map((worker, index) =>
      index === 1 && sample.elapsedSeconds > 1 ? { ...worker, state: 'missing' } : worker,
    ),
  }));
  expect(chartOf({ series: lost }, 'worker-cpu').series[1]!.values.slice(1)).toEqual([null, null]);
  const many = chartOf(realisticReport({ samples: 3, workers: 20 }), 'worker-cpu');
  expect(many.series.map(({ label }) => label)).toEqual(['Busiest worker', 'Mean', 'Idlest worker']);
});

test('an open load shows what was offered, in flight and dropped, and both kinds of times', () => {
  const report = openReport();
  expect(timeCharts(report).map(({ id }) => id)).toEqual([
    'throughput',
    'response-times',
    'service-times',
    'in-flight',
    'oldest',
  ]);
  expect(generatorCharts(report).map(({ id }) => id)).toEqual(['worker-cpu', 'event-loop-lag']);
  expect(chartOf(report, 'throughput').series.map(({ label }) => label)).toEqual([
    'Offered/s',
    'Achieved/s',
    'Failures/s',
  ]);
  expect(chartOf(report, 'in-flight').summary).toMatch(/requests waiting or in flight, 12 dropped/);
  expect(distributionChart(report.serviceDistribution!, 'Service times')).toMatchObject({
    id: 'distribution-service-times',
    labelHeading: 'Service time',
  });
});

test('a stall and the warm-up have a ground of their own in every chart over time', () => {
  const charts = timeCharts(detailedReport());
  for (const { spans } of charts) {
    expect(spans).toEqual([
      { kind: 'warm-up', label: 'warm-up', from: 0, to: 10 },
      { kind: 'stall', label: 'stall', from: 84, to: 95 },
    ]);
  }
  expect(chartOf(detailedReport(), 'oldest').summary).toBe('The oldest request had waited for 11 s.');
  expect(chartOf(detailedReport(), 'users').series.map(({ label }) => label)).toEqual(['Users', 'In flight']);
  expect(timeCharts(realisticReport({ samples: 3 }))[0]).not.toHaveProperty('spans');
});

test('a report that knows nothing of requests in flight draws none', () => {
  const series = realisticReport({ samples: 3 }).series.map((sample) => ({
    ...sample,
    inFlight: null,
    oldestSeconds: null,
  }));
  const charts = timeCharts({ series });
  expect(charts.map(({ id }) => id)).not.toContain('oldest');
  expect(chartOf({ series }, 'users')).toMatchObject({ title: 'Users', unit: 'users' });
});

test('failures by kind, bytes a second and the time to the first byte are drawn where they are known', () => {
  const report = detailedReport();
  expect(chartOf(report, 'failures')).toMatchObject({
    unit: 'requests/s',
    summary: expect.stringMatching(/^Most failed by throttled, up to \d+ a second\.$/) as string,
    series: [
      { label: 'throttled', tone: '1' },
      { label: 'check', tone: '2' },
    ],
  });
  expect(chartOf(report, 'traffic')).toMatchObject({ unit: 'kB/s', title: 'Bytes sent and received' });
  const earlier = report.series.map(({ bytesSentPerSecond: _, bytesReceivedPerSecond: __, ...one }) => one);
  expect(chartOf({ series: earlier }, 'received')).toMatchObject({ unit: 'kB/s', title: 'Bodies received' });
  expect(chartOf(report, 'time-to-first-byte').summary).toBe('The highest p99 is 126 ms.');
  const ids = timeCharts(realisticReport()).map(({ id }) => id);
  for (const id of ['failures', 'status-codes', 'traffic', 'received', 'time-to-first-byte'])
    expect(ids).not.toContain(id);
});

test('status codes stand on top of each other, each value as its own, and the rarer ones as one', () => {
  const chart = chartOf(detailedReport(), 'status-codes');
  expect(chart).toMatchObject({ stacked: true, unit: 'requests/s' });
  expect(chart.series.map(({ label }) => label)).toEqual(['200', '429', '503', 'no answer: timeout']);
  expect(chart.summary).toMatch(/^\d+(\.\d+)? % of the requests: 200; 503 up to 32 a second\.$/);
  const [sample] = realisticReport({ samples: 1 }).series;
  const codes = { 200: 90, 201: 8, 400: 7, 404: 6, 500: 5, 502: 4, reset: 3, other: 2 };
  const many = chartOf({ series: [{ ...sample!, codes }] }, 'status-codes');
  expect(many.series.map(({ label, tone, values }) => [label, tone, values[0]])).toEqual([
    ...[
      ['200', '1', 90],
      ['201', '2', 8],
      ['400', '3', 7],
      ['404', '4', 6],
      ['500', '5', 5],
    ],
    ...[
      ['all others', '6', 9],
      ['502', undefined, 4],
    ],
    ...[
      ['other codes', undefined, 2],
      ['no answer: reset', undefined, 3],
    ],
  ]);
  const drawn = many.series.filter(({ tone }) => tone !== undefined);
  expect(drawn.reduce((sum, { values }) => sum + values[0]!, 0)).toBe(125);
  const only = {
    series: [
      { ...sample!, codes: { 200: 5 } },
      { ...sample!, codes: undefined },
    ],
  };
  expect(chartOf(only, 'status-codes')).toMatchObject({
    summary: 'All requests: 200.',
    series: [{ values: [5, 0] }],
  });
});

test('each request name that had several status codes has a chart of them', () => {
  const charts = requestCharts(detailedReport()).filter(({ stacked }) => stacked);
  expect(charts).toMatchObject([{ id: 'request-codes-1', title: 'Status codes of POST predict' }]);
  expect(charts[0]!.series.map(({ label }) => label)).toEqual(['200', '503']);
});

test('a table has every status code, of all requests and by name', () => {
  const { headings, rows } = codesTable(detailedReport())!;
  expect(headings).toEqual(['Requests', 'Share', 'POST predict', 'POST predict-batch']);
  expect(rows.map(({ label }) => label)).toEqual(['200', '429', '503', 'no answer: timeout']);
  for (const { cells } of rows) expect(cells).toHaveLength(headings.length);
  expect(rows[0]!.cells[0]).toBe('49,817');
  expect(codesTable(realisticReport())).toBeUndefined();
});

test('each request name is a line, with its whole name in the table', () => {
  const [rates, times] = requestCharts(detailedReport());
  expect(rates!.series.map(({ label }) => label)).toEqual(['POST predict', 'POST predict-batch']);
  expect(times!.summary).toMatch(/^The slowest is POST predict-batch, up to/);
  const [long] = requestCharts({
    requestSeries: detailedReport().requestSeries!.map((one) => ({ ...one, name: 'a'.repeat(99) })),
  });
  expect(long!.series[0]!.label).toHaveLength(28);
  expect(long!.series[0]!.detail).toBe(`POST ${'a'.repeat(99)}`);
  expect(requestCharts(realisticReport())).toEqual([]);
});

test('latency is drawn against a load that changes, and against no other', () => {
  expect(chartOfLoad(realisticReport())).toMatchObject({
    title: 'Latency against users',
    acrossUnit: 'users',
    kind: 'dots',
    series: [{ label: 'p50' }, { label: 'p95' }, { label: 'p99' }],
  });
  const steady = realisticReport().series.map((sample) => ({ ...sample, users: 20 }));
  expect(chartOfLoad({ series: steady })).toBeUndefined();
  expect(chartOfLoad({ series: [] })).toBeUndefined();
});

test('every metric of the target has a chart of its kind', () => {
  const report = detailedReport();
  expect(chartOf(report, 'metric-time_to_first_token')).toMatchObject({
    title: 'time_to_first_token',
    unit: 'ms',
    summary: 'The highest p99 is 844 ms: from sending to the first token.',
  });
  expect(chartOf(report, 'metric-tokens').series.map(({ label }) => label)).toEqual(['p50', 'p95', 'p99']);
  expect(chartOf(report, 'metric-tokens_sent')).toMatchObject({ unit: 'tokens/s' });
  const share = chartOf(report, 'metric-is_cached');
  expect(share).toMatchObject({ unit: '%', atLeast: 100 });
  expect(share.series[0]!.values.at(-1)).toBeCloseTo(40);
  expect(share.series[0]!.texts.at(-1)).toBe('40 %');
});

test('a long run keeps the highest percentile of a metric, and the mean of shares and rates', () => {
  const series = Array.from({ length: 600 }, (_, index) => ({
    ...realisticReport({ samples: 1 }).series[0]!,
    elapsedSeconds: index + 1,
    metrics: {
      wait: { p50: 1, p95: 2, p99: index === 7 ? 90 : 3 },
      hits: { rate: index % 2 === 0 ? null : 0.5 },
      sent: { perSecond: index % 2 },
    },
  }));
  const of = (id: string) => chartOf({ series }, id).series.at(-1)!.values;
  expect(of('metric-wait')[3]).toBe(90);
  expect(of('metric-hits')[3]).toBe(50);
  expect(of('metric-sent')[3]).toBe(0.5);
});
