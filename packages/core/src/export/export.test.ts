import { parse } from 'csv-parse/sync';
import { build, HistogramLogReader, type Histogram } from 'hdr-histogram-js';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseOpenMetrics } from '../../test/openmetrics.js';
import { awkwardName, makeSeries, totalOf } from '../../test/series-fixture.js';
import { resample, trendPercentile } from '../series/resample.js';
import { exportSeries, type ExportFormat, type ExportOptions } from './index.js';

const series = makeSeries();
const counts = ['due', 'sent', 'succeeded', 'failed', 'dropped', 'bytes'] as const;
const fractions = [0.5, 0.9, 0.95, 0.99, 0.999] as const;

const textOf = (format: ExportFormat, options: Partial<ExportOptions> = {}) =>
  [...exportSeries(series, format, { name: 'fraud', ...options })].join('');

/** The percentile that the summary of the run has. */
function expected(name: string, metric: string, unit: string, fraction: number): number {
  const row = resample(series, { everySeconds: Infinity }).find((one) => one.name === name)!;
  return trendPercentile(row.trends[metric]!, fraction, unit)!;
}

const deviation = (value: number, exact: number) => Math.abs(value - exact) / exact;

/** The smallest value that a share of all values does not exceed. */
function percentileOf(
  histogram: readonly (readonly [value: number, count: number])[],
  fraction: number,
): number {
  const sorted = [...histogram].sort(([first], [second]) => first - second);
  const rank = Math.ceil(sorted.reduce((sum, [, count]) => sum + count, 0) * fraction - 1e-9);
  let seen = 0;
  return sorted.find(([, count]) => (seen += count) >= rank)![0];
}

describe('CSV', () => {
  const read = (options?: Partial<ExportOptions>) =>
    parse(textOf('csv', options), { columns: true }) as Record<string, string>[];

  test('adds up to the counts of the run', () => {
    const rows = read();
    expect(rows).toHaveLength(series.rows.length);
    for (const count of counts) {
      expect(rows.reduce((sum, row) => sum + Number(row[count]), 0)).toBe(
        totalOf(series, (row) => row[count]),
      );
    }
    expect(rows.reduce((sum, row) => sum + Number(row['failed_timeout']), 0)).toBe(
      totalOf(series, (row) => row.failures['timeout'] ?? 0),
    );
    expect(rows[0]).toMatchObject({ second: '0', time: '2026-08-14T09:30:00.250Z', name: '' });
    expect(rows[1]).toMatchObject({ method: 'POST', name: awkwardName, is_complete_total: rows[1]!['due'] });
  });

  test('has the percentiles of the run when it is one interval', () => {
    for (const row of read({ everySeconds: Infinity }).filter(({ name }) => name !== '')) {
      expect(Number(row['http_req_service_p99'])).toBe(
        expected(row['name']!, 'http_req_service', 'ms', 0.99),
      );
      expect(Number(row['tokens_p50'])).toBe(expected(row['name']!, 'tokens', 'tokens', 0.5));
    }
  });
});

describe('Parquet', () => {
  interface Row {
    time: Date;
    name: string;
    metric: string;
    failure?: string;
    count: number;
    total?: number;
    p95?: number;
    values?: number[];
    counts?: bigint[];
  }
  async function read(options?: Partial<ExportOptions>): Promise<Row[]> {
    const [file] = exportSeries(series, 'parquet', { name: 'fraud', ...options });
    const { buffer, byteOffset, byteLength } = file as Uint8Array;
    const bytes = (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength);
    return (await parquetReadObjects({ file: bytes })) as unknown as Row[];
  }

  test('adds up to the counts of the run', async () => {
    const rows = await read();
    for (const count of counts) {
      const sum = rows.filter(({ metric }) => metric === count).reduce((total, row) => total + row.count, 0);
      expect(sum).toBe(totalOf(series, (row) => row[count]));
    }
    expect(rows[0]!.time).toEqual(new Date('2026-08-14T09:30:00.250Z'));
    const shares = rows.filter(({ metric }) => metric === 'is_complete');
    expect(shares.reduce((sum, { total }) => sum + total!, 0)).toBe(totalOf(series, ({ sent }) => sent));
  });

  test.each(['predict', awkwardName])('gives every percentile of %s again from its lists', async (name) => {
    const rows = (await read()).filter((row) => row.metric === 'http_req_service' && row.name === name);
    const histogram = rows.flatMap(({ values, counts }) =>
      values!.map((value, index) => [value, Number(counts![index])] as const),
    );
    for (const fraction of fractions) {
      const exact = expected(name, 'http_req_service', 'ms', fraction);
      expect(deviation(percentileOf(histogram, fraction), exact)).toBeLessThan(0.004);
    }
    const [whole] = (await read({ everySeconds: Infinity })).filter(
      (row) => row.metric === 'http_req_service' && row.name === name,
    );
    expect(whole!.p95).toBe(expected(name, 'http_req_service', 'ms', 0.95));
  });
});

describe('the log of HdrHistogram', () => {
  const encodedName = awkwardName.replace(/[%,\s]/g, (text) => `%${text.charCodeAt(0).toString(16)}`);

  test.each([
    ['predict', 'predict'],
    [awkwardName, encodedName],
  ])('gives every percentile of %s again', (name, inTag) => {
    const reader = new HistogramLogReader(textOf('hdr'), 64);
    const sum = build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3 });
    for (let next: Histogram | null; (next = reader.nextIntervalHistogram());) {
      if (next.tag === `http_req_service|POST|${inTag}`) sum.add(next);
    }
    const row = resample(series, { everySeconds: Infinity }).find((one) => one.name === name)!;
    expect(sum.totalCount).toBe(row.trends['http_req_service']!.count);
    for (const fraction of fractions) {
      const exact = expected(name, 'http_req_service', 'ms', fraction);
      expect(deviation(sum.getValueAtPercentile(fraction * 100) / 1e6, exact)).toBeLessThan(0.005);
    }
  });

  test('has a line for each second, in the order of time', () => {
    const lines = textOf('hdr').split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '#[Histogram log format version 1.3]',
      '#[Logged with Loadwright, run 20260814T093000Z-k3f9x2]',
      '#[StartTime: 1786699800.250 (seconds since epoch), 2026-08-14T09:30:00.250Z]',
    ]);
    const starts = lines.filter((line) => line.startsWith('Tag=')).map((line) => line.split(',')[1]);
    expect(starts).toHaveLength(20 * 2 * 2);
    expect(starts.map(Number)).toEqual(starts.map(Number).sort((first, second) => first - second));
  });
});

describe('OpenMetrics', () => {
  const samples = parseOpenMetrics(textOf('openmetrics'));
  /** The last value of each set of labels. */
  const last = (name: string) => {
    const values = new Map(
      samples
        .filter((sample) => sample.name === name)
        .map((sample) => [JSON.stringify(sample.labels), sample] as const),
    );
    return [...values.values()];
  };

  test.each(counts)('ends with the count of the run: %s', (count) => {
    const name = count === 'bytes' ? 'loadwright_response_bytes_total' : `loadwright_requests_${count}_total`;
    expect(last(name).reduce((sum, { value }) => sum + value, 0)).toBe(totalOf(series, (row) => row[count]));
  });

  test('has exact counts at the bounds of its histograms', () => {
    for (const name of ['predict', awkwardName]) {
      const times = series.times.get(name)!;
      const buckets = last('loadwright_http_req_service_seconds_bucket').filter(
        ({ labels }) => labels['name'] === name,
      );
      expect(buckets.length).toBeGreaterThan(20);
      for (const { labels, value } of buckets) {
        const bound = Number(labels['le']!.replace('+Inf', 'Infinity'));
        // The runtime rounds down to whole microseconds.
        expect(value).toBe(times.filter((time) => Math.floor(time * 1000) / 1e6 < bound).length);
      }
    }
  });

  test('keeps the points of a test apart by labels, and times them at the end of an interval', () => {
    expect(samples[0]).toMatchObject({
      labels: { test: 'fraud', run: series.header.runId },
      time: 1786699801.25,
    });
    expect(last('loadwright_is_complete_checked_total').reduce((sum, { value }) => sum + value, 0)).toBe(
      totalOf(series, ({ sent }) => sent),
    );
  });
});

describe('OTLP', () => {
  const whole = z.string().regex(/^\d+$/);
  const attributes = z.array(
    z.strictObject({ key: z.string(), value: z.strictObject({ stringValue: z.string() }) }),
  );
  const point = { attributes, startTimeUnixNano: whole, timeUnixNano: whole };
  /** `opentelemetry/proto/metrics/v1/metrics.proto` in the JSON form that the OTLP specification prescribes. */
  const requestSchema = z.strictObject({
    resourceMetrics: z.tuple([
      z.strictObject({
        resource: z.strictObject({ attributes }),
        scopeMetrics: z.tuple([
          z.strictObject({
            scope: z.strictObject({ name: z.string() }),
            metrics: z.array(
              z.strictObject({
                name: z.string(),
                description: z.string(),
                unit: z.string(),
                sum: z
                  .strictObject({
                    dataPoints: z.array(z.strictObject({ ...point, asInt: whole })),
                    aggregationTemporality: z.literal(1),
                    isMonotonic: z.literal(true),
                  })
                  .optional(),
                exponentialHistogram: z
                  .strictObject({
                    dataPoints: z.array(
                      z.strictObject({
                        ...point,
                        count: whole,
                        sum: z.number(),
                        min: z.number(),
                        max: z.number(),
                        scale: z.literal(6),
                        zeroCount: whole,
                        positive: z.strictObject({ offset: z.int(), bucketCounts: z.array(whole) }),
                      }),
                    ),
                    aggregationTemporality: z.literal(1),
                  })
                  .optional(),
              }),
            ),
          }),
        ]),
      }),
    ]),
  });
  const metrics = textOf('otlp')
    .trimEnd()
    .split('\n')
    .flatMap((line) => requestSchema.parse(JSON.parse(line)).resourceMetrics[0].scopeMetrics[0].metrics);

  test.each(counts)('adds up to the count of the run: %s', (count) => {
    const name = count === 'bytes' ? 'loadwright.response.bytes' : `loadwright.requests.${count}`;
    const points = metrics.filter((metric) => metric.name === name).flatMap(({ sum }) => sum!.dataPoints);
    expect(points.reduce((sum, { asInt }) => sum + Number(asInt), 0)).toBe(
      totalOf(series, (row) => row[count]),
    );
  });

  test.each(['predict', awkwardName])('gives every percentile of %s again', (name) => {
    const points = metrics
      .filter((metric) => metric.name === 'loadwright.http_req_service')
      .flatMap(({ exponentialHistogram }) => exponentialHistogram!.dataPoints)
      .filter((one) => one.attributes.some(({ value }) => value.stringValue === name));
    const histogram = points.flatMap(({ positive }) =>
      positive.bucketCounts.map((count, index) => {
        // The middle of a bucket on the scale on which all are equally wide.
        return [2 ** ((positive.offset + index + 0.5) / 64), Number(count)] as const;
      }),
    );
    for (const fraction of fractions) {
      const exact = expected(name, 'http_req_service', 'ms', fraction);
      expect(deviation(percentileOf(histogram, fraction), exact)).toBeLessThan(0.0095);
    }
    for (const { count, positive } of points) {
      expect(positive.bucketCounts.reduce((sum, value) => sum + Number(value), 0)).toBe(Number(count));
    }
  });
});

describe('every format', () => {
  test.each(['csv', 'hdr', 'openmetrics', 'otlp', 'parquet'] as const)(
    '%s takes a run without rows',
    (format) => {
      const empty = { header: series.header, rows: [] };
      expect(() => [...exportSeries(empty, format, { name: 'fraud' })]).not.toThrow();
    },
  );

  test('leaves the warm-up out when asked', () => {
    const rows = parse(textOf('csv', { skipSeconds: 15 }), { columns: true }) as Record<string, string>[];
    expect(new Set(rows.map(({ second }) => second))).toEqual(new Set(['15', '16', '17', '18', '19']));
  });
});
