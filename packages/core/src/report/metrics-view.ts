import { formatNumber, formatPerSecond, formatRatio, formatValue } from '../values/format.js';
import type { MetricSummary, RequestSummary, RunReport } from '../results/summary.js';

/** A table of what one metric was for each request name. */
export interface MetricTable {
  readonly name: string;
  readonly description: string;
  readonly headings: readonly string[];
  readonly rows: readonly MetricRow[];
}

interface MetricRow {
  /** Empty in the row of all requests. */
  readonly method: string;
  readonly name: string;
  readonly isTotal: boolean;
  readonly cells: readonly string[];
}

/** A table for each metric that is no time of the generator's, by request name and of all. */
export function metricTables({
  metrics,
  requests,
  total,
}: Pick<RunReport, 'metrics' | 'requests' | 'total'>): MetricTable[] {
  const names = new Set([total, ...requests].flatMap((request) => Object.keys(request.metrics)));
  return [...names].sort().map((name) => {
    const { unit, description } = metrics[name] ?? { unit: '', description: '' };
    const row = (request: RequestSummary, isTotal: boolean): MetricRow[] => {
      const summary = request.metrics[name];
      return summary
        ? [{ method: request.method, name: request.name, isTotal, cells: cellsOf(summary, unit) }]
        : [];
    };
    const named = requests.flatMap((request) => row(request, false));
    const all = row(total, true);
    const [first] = [...named, ...all];
    return {
      name,
      description,
      headings: first
        ? headingsOf(
            (total.metrics[name] ?? requests.find((request) => request.metrics[name])!.metrics[name])!,
          )
        : [],
      // A sum of one is no news.
      rows: named.length === 1 ? named : [...named, ...all],
    };
  });
}

function headingsOf(summary: MetricSummary): string[] {
  if ('avg' in summary) return ['Values', 'Average', 'Min', 'Median', 'p90', 'p95', 'p99', 'Max'];
  return 'total' in summary ? ['Share', 'Hits', 'Of'] : ['Count', 'Per second'];
}

function cellsOf(summary: MetricSummary, unit: string): string[] {
  if ('avg' in summary) {
    const { avg, min, med, p90, p95, p99, max } = summary;
    const values = [avg, min, med, p90, p95, p99, max].map((value) => formatValue(value, unit));
    return [formatNumber(summary.count), ...values];
  }
  if ('total' in summary) {
    return [formatRatio(summary.rate), formatNumber(summary.hits), formatNumber(summary.total)];
  }
  return [formatValue(summary.count, unit), formatPerSecond(summary.rate)];
}
