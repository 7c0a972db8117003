import type { ObservedFigure } from '../results/observed-service.js';
import type { RunReport } from '../results/summary.js';
import { formatValue } from '../values/format.js';
import { highest, line, type Chart, type ChartPart } from './chart.js';
import { onTimeAxis } from './charts.js';

/** More lines than this cannot be distinguished. */
const mostLines = 6;

/** Figures of these units are drawn together; any other one has a chart of its own. */
const together: Readonly<Record<string, string>> = {
  instances: 'Instances of the service',
  '%': 'Resources of the service in use',
  'requests/s': 'Requests that the service counted',
  ms: 'Latencies that the service reports',
};

/** Charts of what the service reported of itself, on the time axis of the load. */
export function serviceCharts(report: RunReport): Chart[] {
  const groups = new Map<string, ObservedFigure[]>();
  for (const figure of report.observed?.figures ?? []) {
    const title = together[figure.unit] ?? figure.name;
    groups.set(title, [...(groups.get(title) ?? []), figure]);
  }
  return onTimeAxis(report, (seconds) =>
    [...groups].map(([title, figures]) => chartOf(title, figures, seconds)),
  );
}

function chartOf(title: string, figures: readonly ObservedFigure[], seconds: readonly number[]): ChartPart {
  const parts = new Set(figures.map(({ part }) => part));
  const [{ unit } = { unit: '' }] = figures;
  const series = figures.map((figure, index) => ({
    ...line(
      parts.size > 1 && figure.part !== undefined ? `${figure.name}, ${figure.part}` : figure.name,
      index < mostLines ? String(index + 1) : undefined,
      valuesAt(figure, seconds),
      (value) => formatValue(value, unit),
    ),
    detail: figure.description,
  }));
  const said = series
    .slice(0, 3)
    .map(({ label, values }) => `${label} up to ${formatValue(highest(values), unit)}`);
  return {
    id: `service-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
    title,
    unit: unit === '' ? title : unit,
    summary: `${said.join(', ')}.`,
    atLeast: unit === '%' ? 100 : 1,
    series,
  };
}

/** The value whose time a point of the axis lies in, the newest of several; null: nothing is known of that time. */
function valuesAt({ points }: ObservedFigure, seconds: readonly number[]): (number | null)[] {
  let next = 0;
  return seconds.map((at) => {
    while (next < points.length && points[next]![0] <= at) next += 1;
    const point = points[next - 1];
    return point && at <= point[0] + point[1] ? point[2] : null;
  });
}
