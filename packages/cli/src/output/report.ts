import { join } from 'node:path';
import {
  formatDuration,
  type ArrivalSummary,
  type RequestSummary,
  type RunReport,
  type ThresholdResult,
} from '@loadwright/core';
import {
  measuredOver,
  stoppedAfter,
  verdictView,
  formatMeasured,
  formatMilliseconds,
  formatNumber,
  formatRate,
  formatRatio,
} from '@loadwright/core/report';
import type { Colors } from './colors.js';
import { formatFailures, formatMetrics, formatSkews } from './report-details.js';
import { factFormatter, formatTable } from './table.js';

/** What a run found, for people: the verdict first, then why, then the figures. */
export function formatReport(report: RunReport, colors: Colors): string {
  const fact = factFormatter(colors);
  const sections = [
    verdict(report, colors),
    facts(report).map(([name, text]) => fact(name, text)),
    report.thresholds.length > 0 && [thresholds(report.thresholds, colors)],
    report.requests.length > 0 && [requests(report, colors)],
    ...formatMetrics(report, colors).map((table) => [table]),
    ...formatSkews(report, colors).map((table) => [table]),
    report.errors.length > 0 && formatFailures(report, colors),
    happenings(report, colors),
    [
      ...files(report).map(([name, text]) => fact(name, text)),
      ...explanations(report).map((text) => fact('explain', text)),
    ],
  ];
  return sections
    .filter((section) => section !== false && section.length > 0)
    .map((section) => `${(section as string[]).join('\n')}\n`)
    .join('\n');
}

/** Where the report is, and what of the results is nowhere. */
function files({ resultsDirectory, unwritten = [] }: RunReport): (readonly [name: string, text: string])[] {
  const page = 'report.html';
  return [
    ...(unwritten.includes(page) ? [] : [['report', join(resultsDirectory, page)] as const]),
    ...(unwritten.length > 0 ? [['missing', `${unwritten.join(', ')} in ${resultsDirectory}`] as const] : []),
  ];
}

/** How to read more about why the run is INVALID: one command for each rule. */
function explanations({ verdict: given, problems = [] }: RunReport): string[] {
  if (given !== 'INVALID') return [];
  return [...new Set(problems.map(({ rule }) => `loadwright explain ${rule}`))];
}

function verdict(report: RunReport, colors: Colors): string[] {
  const paint = { PASS: colors.green, FAIL: colors.red, INVALID: colors.yellow }[report.verdict];
  const symbol = { PASS: '✓', FAIL: '✗', INVALID: '!' }[report.verdict];
  const { reasons, broken, warnings } = verdictView(report);
  return [
    colors.bold(paint(`${symbol} ${report.verdict}`)),
    ...reasons.map((reason) => `  ${reason}`),
    ...broken.map((reason) => `  ${colors.red('✗')} ${reason}`),
    ...warnings.map((reason) => `  ${colors.yellow('!')} ${reason}`),
  ];
}

/** What the run was, and what became of its requests, each in a line with a name. */
function facts(report: RunReport): (readonly [name: string, text: string])[] {
  const { target, preflight, stalls, accounting, arrivals, counters, warnings = [] } = report;
  const labels = Object.entries(target.labels).map(([name, value]) => `${name} ${value}`);
  return [
    ['target', [target.kind, target.host, ...labels].join(' · ')],
    ['run', `${report.name}/${report.runId}`],
    ...(report.interactive ? [['mode', 'interactive: the load could be changed'] as const] : []),
    ...(preflight?.skipped ? [['preflight', 'skipped'] as const] : []),
    ...(preflight && !preflight.skipped && preflight.coldStartSeconds !== undefined
      ? [
          [
            'cold start',
            `${formatDuration(preflight.coldStartSeconds)}, ${formatNumber(preflight.attempts)} attempts`,
          ] as const,
        ]
      : []),
    ['load', describeLoad(report)],
    ...(accounting ? [['accounting', describeAccounting(accounting, arrivals !== undefined)] as const] : []),
    ...(arrivals ? [['arrivals', describeArrivals(arrivals, accounting === undefined)] as const] : []),
    ...(report.total.retried > 0 ? [['sent again', describeRetries(report)] as const] : []),
    // A warning says the same.
    ...(warnings.some(({ rule }) => rule === 'stall') ? [] : stalls).map(
      ({ from, to, inFlight }) =>
        [
          'stall',
          `from ${formatDuration(from)} to ${formatDuration(to)}: nothing was answered, up to ${formatNumber(inFlight)} in flight`,
        ] as const,
    ),
    ...(counters ? [['counters', describeCounters(counters)] as const] : []),
  ];
}

function describeLoad(report: RunReport): string {
  const { total, fleet, loadSeconds, warmUpSeconds = 0 } = report;
  const judged = loadSeconds - warmUpSeconds;
  const warmUp = `${formatDuration(warmUpSeconds)} of warm-up`;
  const when =
    judged <= 0
      ? ` in ${formatDuration(loadSeconds)}, within the ${warmUp}`
      : ` in ${formatDuration(judged)}${warmUpSeconds > 0 ? ` after ${warmUp}` : ''}`;
  return [
    `${formatNumber(total.count)} requests${when}`,
    `${formatRate(total.requestsPerSecond)} requests/s`,
    `${total.count === 0 ? 'none' : formatRatio(total.failureRate)} failed`,
    `${fleet.workers} ${fleet.workers === 1 ? 'worker' : 'workers'} (${fleet.kind})`,
  ].join(' · ');
}

/** The sum that must hold, of the whole load. */
function describeAccounting(accounting: NonNullable<RunReport['accounting']>, isOpen: boolean): string {
  const { due, succeeded, failed, dropped, inFlight, holds } = accounting;
  const outcomes = [
    `${formatNumber(succeeded)} succeeded`,
    `${formatNumber(failed)} failed`,
    ...(isOpen || dropped > 0 ? [`${formatNumber(dropped)} dropped`] : []),
    ...(inFlight > 0 ? [`${formatNumber(inFlight)} in flight`] : []),
  ];
  return `${formatNumber(due)} due ${holds ? '=' : '≠'} ${outcomes.join(' + ')}${holds ? '' : ': the sums do not agree'}`;
}

/** @param isWhole The accounting, which has the counts, is not known. */
function describeArrivals(
  { offered, late, dropped, mostInFlight }: ArrivalSummary,
  isWhole: boolean,
): string {
  return [
    ...(isWhole ? [`${formatNumber(offered)} due`] : []),
    `${formatNumber(late)} sent late`,
    ...(isWhole ? [`${formatNumber(dropped)} dropped`] : []),
    `up to ${formatNumber(mostInFlight)} in flight`,
  ].join(' · ');
}

/** By name where there are several. */
function describeRetries({ total, requests }: RunReport): string {
  const share = (summary: RequestSummary) =>
    `${formatNumber(summary.retried)} (${formatRatio(summary.retried / Math.max(1, summary.count))})`;
  const retried = requests.filter((request) => request.retried > 0);
  const names = retried.map((request) => `${request.method} ${request.name} ${share(request)}`);
  const all = `${share(total)}: the server had closed an idle connection`;
  return requests.length > 1 ? `${all} · ${names.join(' · ')}` : all;
}

/** What the target counts, and its share of all that it counts: of a cache, the hits and misses. */
function describeCounters(counters: NonNullable<RunReport['counters']>): string {
  const sum = Object.values(counters).reduce((total, count) => total + count, 0);
  return Object.entries(counters)
    .map(([name, count]) => `${name} ${formatNumber(count)} (${formatRatio(count / sum)})`)
    .join(' · ');
}

function thresholds(results: readonly ThresholdResult[], colors: Colors): string {
  return formatTable(
    ['', 'threshold', '', { title: 'measured', align: 'right' }, ''],
    results.map((result) => [
      result.passed ? colors.green('✓') : colors.red('✗'),
      result.metric,
      result.expression,
      formatMeasured(result.measured, result.unit),
      colors.dim(
        [
          measuredOver(result),
          stoppedAfter(result),
          ...(result.isDefault ? ['default; write it out to change it'] : []),
        ]
          .filter((note) => note !== '')
          .join(' · '),
      ),
    ]),
    colors,
  );
}

function requests(report: RunReport, colors: Colors): string {
  const isOpen = report.total.service !== undefined;
  const hasRetries = report.total.retried > 0;
  const serviceTitles = isOpen ? ['service p50', 'service p99'] : [];
  const titles = [
    ...['count', 'failed', ...(hasRetries ? ['sent again'] : []), 'requests/s'],
    ...['average', 'p50', 'p95', 'p99', 'max', ...serviceTitles],
  ];
  const row = (name: string, summary: RequestSummary) => [
    name,
    formatNumber(summary.count),
    formatRatio(summary.failureRate),
    ...(hasRetries ? [retries(summary, colors)] : []),
    formatRate(summary.requestsPerSecond),
    ...[summary.average, summary.median, summary.p95, summary.p99, summary.maximum].map((time) =>
      formatMilliseconds(summary.count === 0 ? null : time),
    ),
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

/** From so many on, retries say more about the service than about bad luck. */
const muchRetried = 0.001;

function retries({ retried, count }: RequestSummary, colors: Colors): string {
  const text = formatNumber(retried);
  return retried > count * muchRetried ? colors.yellow(text) : text;
}

/** What was raised, and what was done to the test. */
function happenings({ exceptions, events, startedAt }: RunReport, colors: Colors): string[] {
  const began = Date.parse(startedAt) / 1000;
  return [
    ...exceptions.map(
      ({ message, count, nodes }) =>
        `  ${colors.red(`${formatNumber(count)} ×`)} exception: ${message} (${nodes.length} ${nodes.length === 1 ? 'worker' : 'workers'})`,
    ),
    ...events.map(
      ({ time, action, accepted, detail }) =>
        `  ${colors.dim(formatDuration(Math.max(0, time - began)).padStart(8))}  ${action}${accepted ? '' : ' (refused)'}: ${detail}`,
    ),
  ];
}
