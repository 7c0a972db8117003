import { join } from 'node:path';
import {
  formatDuration,
  type ArrivalSummary,
  type RequestSummary,
  type RunReport,
  type ThresholdResult,
} from '@loadwright/core';
import type { Colors } from './colors.js';
import { formatCount, formatMilliseconds, formatNumber, formatRate } from './format.js';
import { formatTable } from './table.js';

/** What a run found, for people: the verdict first, then why, then the figures. */
export function formatReport(report: RunReport, colors: Colors): string {
  const paint = { PASS: colors.green, FAIL: colors.red, INVALID: colors.yellow }[report.verdict];
  const symbol = { PASS: '✓', FAIL: '✗', INVALID: '!' }[report.verdict];
  const labels = Object.entries(report.target.labels).map(([name, value]) => `${name} ${value}`);
  const sections = [
    [colors.bold(paint(`${symbol} ${report.verdict}`)), ...report.reasons.map((reason) => `  ${reason}`)],
    [
      `  ${colors.dim('target    ')}${[report.target.kind, report.target.host, ...labels].join(' · ')}`,
      `  ${colors.dim('run       ')}${report.name}/${report.runId}`,
      `  ${colors.dim('load      ')}${describeLoad(report)}`,
      ...(report.arrivals ? [`  ${colors.dim('arrivals  ')}${describeArrivals(report.arrivals)}`] : []),
      ...(report.counters ? [`  ${colors.dim('counters  ')}${describeCounters(report.counters)}`] : []),
    ],
    report.thresholds.length > 0 && [thresholds(report.thresholds, colors)],
    report.requests.length > 0 && [requests(report, colors)],
    report.errors.length > 0 && errors(report, colors),
    [`  ${colors.dim('report    ')}${join(report.resultsDirectory, 'report.html')}`],
  ];
  return sections
    .filter((section) => section !== false)
    .map((section) => `${section.join('\n')}\n`)
    .join('\n');
}

function describeLoad(report: RunReport): string {
  const { total, fleet, warmUpSeconds = 0 } = report;
  const warmUp = warmUpSeconds > 0 ? ` after ${formatDuration(warmUpSeconds)} of warm-up` : '';
  return [
    `${formatCount(total.count)} requests in ${formatDuration(report.loadSeconds - warmUpSeconds)}${warmUp}`,
    ...(total.requestsPerSecond === null ? [] : [`${formatNumber(total.requestsPerSecond)} requests/s`]),
    `${formatRate(total.failureRate)} failed`,
    `${fleet.workers} ${fleet.workers === 1 ? 'worker' : 'workers'} (${fleet.kind})`,
  ].join(' · ');
}

function describeArrivals({ offered, late, dropped, mostInFlight }: ArrivalSummary): string {
  return [
    `${formatCount(offered)} due`,
    `${formatCount(late)} sent late`,
    `${formatCount(dropped)} dropped`,
    `up to ${formatCount(mostInFlight)} in flight`,
  ].join(' · ');
}

/** What the target counts, and its share of all that it counts: of a cache, the hits and misses. */
function describeCounters(counters: NonNullable<RunReport['counters']>): string {
  const sum = Object.values(counters).reduce((total, count) => total + count, 0);
  return Object.entries(counters)
    .map(([name, count]) => `${name} ${formatCount(count)} (${formatRate(count / sum)})`)
    .join(' · ');
}

function thresholds(results: readonly ThresholdResult[], colors: Colors): string {
  return formatTable(
    ['', 'threshold', '', { title: 'measured', align: 'right' }],
    results.map((result) => [
      result.passed ? colors.green('✓') : colors.red('✗'),
      result.metric,
      result.expression,
      result.measured === null ? 'nothing' : `${formatNumber(result.measured)} ${result.unit}`.trim(),
    ]),
    colors,
  );
}

function requests(report: RunReport, colors: Colors): string {
  const isOpen = report.total.service !== undefined;
  const serviceTitles = isOpen ? ['service p50', 'service p99'] : [];
  const titles = ['count', 'failed', 'requests/s', 'average', 'p50', 'p95', 'p99', 'max', ...serviceTitles];
  const row = (name: string, summary: RequestSummary) => [
    name,
    formatCount(summary.count),
    formatRate(summary.failureRate),
    summary.requestsPerSecond === null ? '–' : formatNumber(summary.requestsPerSecond),
    ...[summary.average, summary.median, summary.p95, summary.p99, summary.maximum].map(formatMilliseconds),
    ...(isOpen ? [summary.service?.median, summary.service?.p99] : []).map((time) =>
      formatMilliseconds(time ?? null),
    ),
  ];
  return formatTable(
    ['request', ...titles.map((title) => ({ title, align: 'right' as const }))],
    [
      ...report.requests.map((summary) => row(`${summary.method} ${summary.name}`, summary)),
      ...(report.requests.length > 1 ? [row('all', report.total)] : []),
    ],
    colors,
  );
}

function errors(report: RunReport, colors: Colors): string[] {
  return report.errors.flatMap((error) => [
    `  ${colors.red(`${formatCount(error.occurrences)} ×`)} ${error.method} ${error.name}: ${error.error}`,
    ...(error.hint === undefined ? [] : [`    ${colors.cyan('hint:')} ${error.hint}`]),
  ]);
}
