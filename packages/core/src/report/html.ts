import { chartOfLoad, generatorCharts, samplesPerPoint, timeCharts } from './charts.js';
import { codesTable } from './codes.js';
import { distributionChart } from './distribution-chart.js';
import { failuresView } from './failures-view.js';
import * as format from '../values/format.js';
import { printable } from '../values/printable.js';
import { redactStrings } from '../secrets/redactor.js';
import { serviceCharts } from './service-charts.js';
import { requestCharts } from './request-charts.js';
import { metricTables } from './metrics-view.js';
import { renderPage } from './page.js';
import type { RunReport } from '../results/summary.js';
import { thresholdRow } from './thresholds-view.js';
import { verdictView } from './verdict-view.js';

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
 * The report as one page of HTML: `report.html`. It holds all that it shows, loads nothing, and texts of the service stand in it as text.
 */
export async function renderReportHtml(measured: RunReport): Promise<string> {
  const report = redactStrings(measured, printable);
  const charts = [...timeCharts(report), ...requestCharts(report)];
  const ofService = serviceCharts(report);
  const ofGenerator = generatorCharts(report);
  const distributions = [
    chartOfLoad(report),
    distributionChart(report.distribution),
    distributionChart(report.serviceDistribution ?? [], 'Service times'),
  ].filter((chart) => chart !== undefined);
  const html = await renderPage('report', [...charts, ...ofService, ...distributions, ...ofGenerator], {
    report,
    charts,
    ofService,
    distributions,
    ofGenerator,
    samplesPerPoint: samplesPerPoint(report.series),
    verdict: verdictView(report),
    thresholds: report.thresholds.map(thresholdRow),
    metricTables: metricTables(report),
    codes: codesTable(report),
    failures: failuresView(report),
    peakThroughput: report.series.reduce((peak, sample) => Math.max(peak, sample.requestsPerSecond), 0),
    files,
    format,
  });
  // Names of headers and labels are keys, which the first time has left alone.
  return printable(html);
}
