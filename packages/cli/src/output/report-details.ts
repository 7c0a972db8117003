import {
  failuresView,
  type FailureView,
  formatMilliseconds,
  formatNumber,
  formatRate,
  formatRatio,
  formatValue,
} from '@loadwright/core/report';
import type { MetricSummary, RunReport } from '@loadwright/core';
import type { Colors } from './colors.js';
import { formatTable } from './table.js';

/** More of an answer is in the report. */
const longestBody = 120;

/** What went wrong, most frequent first, with its kind, what to do about it, and the first of its samples. */
export function formatFailures(report: RunReport, colors: Colors): string[] {
  const { failures } = failuresView(report);
  return failures.flatMap((failure) => [
    `  ${colors.red(`${formatNumber(failure.occurrences)} ×`)} ${failure.method} ${failure.name}: ${failure.error}${
      failure.kind === 'unknown' ? '' : colors.dim(` [${failure.kind}]`)
    }`,
    ...(failure.hint === undefined ? [] : [`    ${colors.cyan('hint:')} ${failure.hint}`]),
    ...describeSample(failure, colors),
  ]);
}

function describeSample({ samples }: FailureView, colors: Colors): string[] {
  const [sample] = samples;
  if (!sample) return [];
  const facts = [
    ...(sample.status === undefined ? [] : [`HTTP ${sample.status}`]),
    ...(sample.seconds > 0 ? [`after ${formatMilliseconds(sample.seconds * 1000)}`] : []),
    ...(sample.requestRow === undefined ? [] : [`payload row ${formatNumber(sample.requestRow)}`]),
    ...(sample.requestId === undefined ? [] : [`id ${sample.requestId}`]),
  ];
  // The answer is not ours: no control character of it may reach the terminal.
  const body = (sample.body ?? '').replace(/[\s\p{C}]+/gu, ' ').trim();
  const shown = body.length > longestBody ? `${body.slice(0, longestBody - 1)}…` : body;
  if (facts.length === 0 && shown === '') return [];
  return [`    ${colors.dim(`first: ${[...facts, ...(shown === '' ? [] : [shown])].join(' · ')}`)}`];
}

type Kind = 'trend' | 'counter' | 'rate';

const columns: Record<Kind, readonly string[]> = {
  trend: ['count', 'average', 'p50', 'p95', 'p99', 'max'],
  counter: ['count', 'per second'],
  rate: ['share', 'hits', 'of'],
};

/** How unevenly counters of a family are spread. */
export function formatSkews({ skews = {} }: RunReport, colors: Colors): string[] {
  const rows = Object.entries(skews).map(([family, { members, mean, largest, skew }]) => [
    ...[family, formatNumber(members), formatNumber(mean, 1), formatNumber(largest.count)],
    ...[formatNumber(skew, 2, 2), largest.name],
  ]);
  if (rows.length === 0) return [];
  const titles = ['number', 'mean', 'largest', 'skew'].map((title) => ({ title, align: 'right' as const }));
  return [formatTable(['counters', ...titles, 'which'], rows, colors)];
}

/** A table for each kind of metric that the target has: a line for each metric and request name. */
export function formatMetrics({ metrics, requests, total }: RunReport, colors: Colors): string[] {
  const named = [
    ...requests.map((request) => ({ label: `${request.method} ${request.name}`, values: request.metrics })),
    ...(requests.length === 1 ? [] : [{ label: 'all', values: total.metrics }]),
  ];
  const names = [...new Set([total, ...requests].flatMap((request) => Object.keys(request.metrics)))].sort();
  const rows = names.flatMap((name) => {
    const all = total.metrics[name];
    const ofRequests = named.filter(({ values }) => values[name]);
    // A metric of the run as a whole belongs to no request.
    const lines = ofRequests.length === 0 && all ? [{ label: '', values: total.metrics }] : ofRequests;
    return lines.map(({ label, values }) => {
      const summary = values[name]!;
      const cells = cellsOf(summary, metrics[name]?.unit ?? '');
      return { kind: kindOf(summary), cells: [name, label, ...cells] };
    });
  });
  return (['trend', 'counter', 'rate'] as const).flatMap((kind) => {
    const ofKind = rows.filter((row) => row.kind === kind).map(({ cells }) => cells);
    if (ofKind.length === 0) return [];
    const titles = columns[kind].map((title) => ({ title, align: 'right' as const }));
    return [formatTable(['metric', 'request', ...titles], ofKind, colors)];
  });
}

const kindOf = (summary: MetricSummary): Kind =>
  'avg' in summary ? 'trend' : 'total' in summary ? 'rate' : 'counter';

function cellsOf(summary: MetricSummary, unit: string): string[] {
  if ('avg' in summary) {
    const { count, avg, med, p95, p99, max } = summary;
    return [formatNumber(count), ...[avg, med, p95, p99, max].map((value) => formatValue(value, unit))];
  }
  if ('total' in summary) {
    return [formatRatio(summary.rate), formatNumber(summary.hits), formatNumber(summary.total)];
  }
  return [formatValue(summary.count, unit), formatRate(summary.rate)];
}
