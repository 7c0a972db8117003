import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Chart } from './chart.js';
import { samplesPerPoint, timeCharts } from './charts.js';
import { distributionChart } from './distribution-chart.js';
import { failuresView } from './failures-view.js';
import * as format from '../values/format.js';
import { printable } from '../values/printable.js';
import { redactStrings } from '../secrets/redactor.js';
import { metricTables } from './metrics-view.js';
import type { RunReport } from '../results/summary.js';
import { thresholdRow } from './thresholds-view.js';
import { verdictView } from './verdict-view.js';

const template = (name: string) => fileURLToPath(new URL(`./template/${name}`, import.meta.url));
const chartLibrary = (name: string) => createRequire(import.meta.url).resolve(`uplot/dist/${name}`);

/** In the order in which they override each other. */
const styleSheets = ['tokens.css', 'report.css', 'tables.css', 'failures.css', 'charts.css', 'print.css'];

/** What lies beside `report.html` in the results folder. */
const files = [
  ['summary.json', 'this report for programs'],
  ['junit.xml', 'thresholds for continuous integration'],
  ['series.jsonl.gz', 'every second of every request name, for exports'],
  ['failures.jsonl', 'a few failures of each kind in full'],
  ['locust.html', "Locust's own report"],
  ['locust_stats.csv', 'figures by request name'],
  ['locust_stats_history.csv', 'figures over time'],
  ['locust_failures.csv', 'failures'],
  ['locust_exceptions.csv', 'exceptions in the Locust file'],
  ['config.resolved.json', 'the configuration, resolved'],
  ['bundle/', 'the files that Locust ran'],
  ['logs/', 'logs of the master and the workers'],
] as const;

/**
 * `report.html`: one file that needs no other and no network. Its content security policy lets nothing run but the
 * script that is written here, so that no text of a run, hostile or not, becomes more than text.
 */
export async function renderReportHtml(measured: RunReport): Promise<string> {
  const report = redactStrings(measured, printable);
  const [style, script] = await Promise.all([
    readTogether([chartLibrary('uPlot.min.css'), ...styleSheets.map(template)]),
    readTogether([chartLibrary('uPlot.iife.min.js'), template('charts.js')]),
  ]);
  const charts = timeCharts(report);
  const distributions = [
    distributionChart(report.distribution),
    distributionChart(report.serviceDistribution ?? [], 'Service times'),
  ].filter((chart) => chart !== undefined);
  const eta = new Eta({ views: template('') });
  const html = eta.render('./report.eta', {
    report,
    charts,
    distributions,
    samplesPerPoint: samplesPerPoint(report.series),
    verdict: verdictView(report),
    thresholds: report.thresholds.map(thresholdRow),
    metricTables: metricTables(report),
    failures: failuresView(report),
    peakThroughput: report.series.reduce((peak, sample) => Math.max(peak, sample.requestsPerSecond), 0),
    files,
    format,
    style,
    script,
    policy: [
      "default-src 'none'",
      `script-src '${digest(script)}'`,
      `style-src '${digest(style)}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ].join('; '),
    data: embed([...charts, ...distributions].map(drawable)),
  });
  // Names of headers and labels are keys, which the first time has left alone.
  return printable(html);
}

async function readTogether(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join('\n');
}

/** A source expression of a content security policy: what has this digest may run. */
function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** What `charts.js` needs of a chart; texts it reads from the tables. */
function drawable({ series, ...chart }: Chart) {
  const { id, kind, unit, x, edges, markers, spans, ribbon, atLeast } = chart;
  const drawn = series.filter(({ tone }) => tone !== undefined);
  return {
    id,
    kind,
    unit,
    x,
    edges,
    markers,
    spans,
    ribbon,
    atLeast,
    series: drawn.map(({ tone, values }) => ({ tone, values })),
  };
}

/** JSON inside a script element: without `<` nothing in it can end the element. */
function embed(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
