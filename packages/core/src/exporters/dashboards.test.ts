import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeSeries } from '../../test/series-fixture.js';
import { RowsByName } from '../series/resample.js';
import type { ExportBatch } from './contract.js';
import { linesOf } from './influxdb.js';
import { samplesOfBatch } from './prometheus.js';

const dashboards = new URL('../../../../docs/examples/grafana/', import.meta.url);

/** The parts of Grafana's dashboard model (schema version 38) without which an import fails or shows nothing. */
const dashboardSchema = z.object({
  __inputs: z.array(
    z.object({ name: z.literal('DS_LOADWRIGHT'), type: z.literal('datasource'), pluginId: z.string() }),
  ),
  title: z.string().min(1),
  uid: z.string().regex(/^[\w-]{1,40}$/),
  schemaVersion: z.literal(38),
  time: z.object({ from: z.string(), to: z.string() }),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.literal('query'), definition: z.string() })),
  }),
  panels: z.array(
    z.object({
      id: z.number(),
      type: z.literal('timeseries'),
      title: z.string(),
      datasource: z.object({ type: z.string(), uid: z.literal('${DS_LOADWRIGHT}') }),
      gridPos: z.object({ h: z.number(), w: z.number().max(24), x: z.number(), y: z.number() }),
      targets: z
        .array(z.object({ refId: z.string(), expr: z.string().optional(), query: z.string().optional() }))
        .min(1),
    }),
  ),
});

async function read(name: string) {
  const dashboard = dashboardSchema.parse(JSON.parse(await readFile(new URL(name, dashboards), 'utf8')));
  const queries = dashboard.panels.flatMap(({ targets }) =>
    targets.map(({ expr, query }) => expr ?? query ?? ''),
  );
  expect(queries.every((query) => query.includes('loadwright_'))).toBe(true);
  const variables = dashboard.templating.list;
  const all = [...queries, ...variables.map(({ definition }) => definition)];
  for (const [, variable] of all.join(' ').matchAll(/\$(?!__|tag_|timeFilter)(\w+)/g))
    expect(variables.map((one) => one.name)).toContain(variable);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w } }) => [`${x},${y}`, `${x + w - 12},${y}`]);
  expect(new Set(cells).size).toBe(dashboard.panels.length);
  return all;
}

const series = makeSeries(6);
const sum = new RowsByName();
for (const row of series.rows) sum.add(row);
const batch: ExportBatch = {
  ...{ from: 0, to: 1, rows: series.rows, totals: sum.rows, metrics: series.header.metrics },
  state: { users: 1, inFlight: 1, workers: 1 },
};
const context = { run: { test: 'a', runId: 'b', target: 'c', fleet: 'd', labels: {} } };

describe('the dashboard of', () => {
  it('Prometheus asks for metrics and labels that are exported, and for nothing else', async () => {
    const labels = new Map<string, Set<string>>();
    for (const { labels: own } of samplesOfBatch(batch, context, 4)) {
      const known = labels.get(own['__name__']!) ?? new Set<string>();
      labels.set(own['__name__']!, new Set([...known, ...Object.keys(own)]));
    }
    for (const query of await read('prometheus.json')) {
      const metrics = [...query.matchAll(/loadwright_\w+/g)].map(([name]) => name);
      for (const metric of metrics) expect([...labels.keys()], query).toContain(metric);
      const asked = [/by \(([^)]*)\)/, /\{([^}]*)\}/].flatMap((part) =>
        (part.exec(query)?.[1] ?? '').split(',').map((text) => /^\s*(\w*)/.exec(text)![1]!),
      );
      for (const label of asked.filter((text) => text !== ''))
        expect([...labels.get(metrics[0]!)!], query).toContain(label);
    }
  });

  it('InfluxDB asks for measurements, tags and fields that are exported, and for nothing else', async () => {
    const parts = new Map<string, Set<string>>();
    for (const line of linesOf(batch, context)) {
      const [measurement = '', rest = ''] = line.split(/(?<!\\),(.*)/s);
      const names = [...rest.matchAll(/(?:^|(?<!\\)[ ,])(\w+)=/g)].map(([, name]) => name!);
      parts.set(measurement, new Set([...(parts.get(measurement) ?? []), ...names]));
    }
    for (const query of await read('influxdb.json')) {
      const [, measurement = ''] = /FROM "(\w+)"/.exec(query) ?? [];
      expect([...parts.keys()], query).toContain(measurement);
      for (const [, name] of query.replace(/FROM "\w+"/, '').matchAll(/"(\w+)"/g))
        expect([...parts.get(measurement)!, 'test', 'run'], query).toContain(name);
    }
  });
});
