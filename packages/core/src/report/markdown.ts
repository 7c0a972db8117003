import type { RequestSummary, RunReport } from '../results/summary.js';
import {
  formatMeasured,
  formatMilliseconds,
  formatNumber,
  formatPerSecond,
  formatRatio,
} from '../values/format.js';
import { measuredOver, stoppedAfter } from './thresholds-view.js';

const symbols = { PASS: '✅', FAIL: '❌', INVALID: '⚠️' } as const;

/** Texts of a run are text: nothing in them becomes a link, an image or a table. */
function escape(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>()#!|~$&@:]/g, '\\$&');
}

/** In a table only code that has no backtick and no bar can be code. */
const code = (text: string) => (/[`|\n\\]/.test(text) ? escape(text) : `\`${text}\``);

/** A report in a few lines of Markdown, for the summary of a pipeline or a comment on a change. */
export function renderReportMarkdown(report: RunReport): string {
  const { verdict, name, reasons, thresholds, requests, total, runId } = report;
  const rows = [...requests, ...(requests.length > 1 ? [{ ...total, method: '', name: 'all' }] : [])];
  return [
    `### ${symbols[verdict]} ${verdict}: ${escape(name)}`,
    reasons.map((reason) => `- ${escape(reason)}`).join('\n'),
    ...(thresholds.length === 0
      ? []
      : [
          table(
            ['', 'threshold', 'condition', 'measured >', ''],
            thresholds.map((one) => [
              one.passed ? '✅' : '❌',
              code(one.metric),
              code(one.expression),
              formatMeasured(one.measured, one.unit),
              [measuredOver(one), stoppedAfter(one)].filter((text) => text !== '').join('; '),
            ]),
          ),
        ]),
    ...(rows.length === 0
      ? []
      : [
          table(
            ['request', 'count >', 'failed >', 'rate >', 'median >', 'p95 >', 'p99 >'],
            rows.map(requestRow),
          ),
        ]),
    `Run ${code(runId)}, ${escape(report.target.host)}`,
    '',
  ].join('\n\n');
}

function requestRow(row: RequestSummary): string[] {
  const time = (milliseconds: number) => formatMilliseconds(row.count === 0 ? null : milliseconds);
  return [
    escape(`${row.method} ${row.name}`.trim()),
    formatNumber(row.count),
    formatRatio(row.failureRate),
    formatPerSecond(row.requestsPerSecond),
    ...[row.median, row.p95, row.p99].map(time),
  ];
}

/** @param headings those of columns of numbers end with `>` */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lineOf = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    lineOf(headings.map((heading) => heading.replace(' >', ''))),
    lineOf(headings.map((heading) => (heading.endsWith('>') ? '---:' : '---'))),
    ...rows.map(lineOf),
  ].join('\n');
}
