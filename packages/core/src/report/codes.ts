import { formatFigure, formatNumber, formatRatio } from '../values/format.js';
import type { RequestSummary, RunReport } from '../results/summary.js';
import { highest, line, type ChartPart } from './chart.js';

/** More layers than this cannot be distinguished: what is rarer is drawn as one. */
const mostLayers = 6;
/** So many names stand beside each other in the table. */
const mostNames = 6;

/** How requests ended, a second, by code. */
type Rates = ReadonlyMap<string, number>;

const isStatus = (code: string) => /^\d+$/.test(code);

/** Whether a code is the kind of a failure without a whole answer. */
export const hasNoAnswer = (code: string) => !isStatus(code) && code !== 'other';

/** A code as people read it: `200`, or `no answer: timeout`. */
export function codeLabel(code: string): string {
  if (isStatus(code)) return code;
  return hasNoAnswer(code) ? `no answer: ${code}` : 'other codes';
}

/** Status codes in their order, then what had no answer. */
export const inOrderOfCodes = (one: string, other: string): number =>
  Number(!isStatus(one)) - Number(!isStatus(other)) || (one < other ? -1 : one > other ? 1 : 0);

/** Status codes over time, one on top of the other. */
export function codesChart(
  points: readonly Rates[],
  { id = 'status-codes', title = 'Status codes' }: { readonly id?: string; readonly title?: string } = {},
): ChartPart {
  const totals = new Map<string, number>();
  for (const [code, rate] of points.flatMap((rates) => [...rates]))
    totals.set(code, (totals.get(code) ?? 0) + rate);
  const byTotal = [...totals.keys()].sort((one, other) => totals.get(other)! - totals.get(one)!);
  const shown = byTotal.slice(0, byTotal.length > mostLayers ? mostLayers - 1 : mostLayers);
  const rest = byTotal.slice(shown.length).sort(inOrderOfCodes);
  const ratesOf = (codes: readonly string[]) =>
    points.map((rates) => codes.reduce((sum, code) => sum + (rates.get(code) ?? 0), 0));
  const layer = (label: string, tone: string | undefined, codes: readonly string[]) =>
    line(label, tone, ratesOf(codes), formatFigure);
  return {
    id,
    title,
    unit: 'requests/s',
    summary: summaryOf(byTotal, totals, (code) => highest(ratesOf([code]))),
    atLeast: 1,
    stacked: true,
    series: [
      ...[...shown]
        .sort(inOrderOfCodes)
        .map((code, index) => layer(codeLabel(code), String(index + 1), [code])),
      ...(rest.length > 0 ? [layer('all others', String(mostLayers), rest)] : []),
      ...rest.map((code) => layer(codeLabel(code), undefined, [code])),
    ],
  };
}

function summaryOf(byTotal: readonly string[], totals: Rates, peakOf: (code: string) => number): string {
  const [first, second] = byTotal;
  if (first === undefined) return 'No request ended.';
  if (second === undefined) return `All requests: ${codeLabel(first)}.`;
  const all = [...totals.values()].reduce((sum, rate) => sum + rate, 0);
  const most = `${formatRatio(totals.get(first)! / all)} of the requests: ${codeLabel(first)}`;
  return `${most}; ${codeLabel(second)} up to ${formatFigure(peakOf(second))} a second.`;
}

/** A table of how requests ended: one row for each code. */
export interface CodesTable {
  readonly headings: readonly string[];
  readonly rows: readonly { readonly label: string; readonly cells: readonly string[] }[];
}

/** All codes of a run, of all requests and of the most frequent names. Undefined where they are not known. */
export function codesTable({
  total,
  requests,
}: Pick<RunReport, 'total' | 'requests'>): CodesTable | undefined {
  const codes = Object.keys(total.codes ?? {}).sort(inOrderOfCodes);
  if (codes.length === 0) return undefined;
  const names =
    requests.length > 1
      ? [...requests].sort((one, other) => other.count - one.count).slice(0, mostNames)
      : [];
  const count = (summary: RequestSummary, code: string) => summary.codes?.[code] ?? 0;
  return {
    headings: ['Requests', 'Share', ...names.map(({ method, name }) => `${method} ${name}`.trim())],
    rows: codes.map((code) => ({
      label: codeLabel(code),
      cells: [
        formatNumber(count(total, code)),
        formatRatio(count(total, code) / Math.max(1, total.count)),
        ...names.map((summary) => formatNumber(count(summary, code))),
      ],
    })),
  };
}
