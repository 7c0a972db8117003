import type { MetricDefinition } from '../locust/statistics.js';
import type { MetricPoint } from '../measure/sample-contract.js';
import { highest, line, type ChartPart } from './chart.js';
import { formatPerSecond, formatRatio, formatValue } from '../values/format.js';
import type { RunReport } from '../results/summary.js';
import type { Point } from './thin-series.js';

/** A chart of each metric of the target that has values over time. */
export function metricCharts(points: readonly Point[], metrics: RunReport['metrics']): ChartPart[] {
  const names = [...new Set(points.flatMap((point) => [...point.metrics.keys()]))].sort();
  return names.map((name) => {
    const values = points.map((point) => point.metrics.get(name));
    return { ...chartOf(name, metrics[name], values), id: `metric-${name}`, title: name };
  });
}

type Values = readonly (MetricPoint | undefined)[];

function chartOf(
  name: string,
  { unit, description }: Pick<MetricDefinition, 'unit' | 'description'> = { unit: '', description: '' },
  values: Values,
): Omit<ChartPart, 'id' | 'title'> {
  const about = description === '' ? '' : `: ${description}`;
  if (values.some((point) => point && 'perSecond' in point)) {
    const rates = values.map((point) => (point && 'perSecond' in point ? point.perSecond : null));
    return {
      unit: unit === '' ? 'per second' : `${unit}/s`,
      summary: `Up to ${formatPerSecond(highest(rates))}${about}.`,
      atLeast: 1,
      series: [line('Per second', '4', rates, formatPerSecond)],
    };
  }
  if (values.some((point) => point && 'rate' in point)) {
    const shares = values.map((point) => (point && 'rate' in point ? point.rate : null));
    return {
      unit: '%',
      summary: `Up to ${formatRatio(highest(shares))}${about}.`,
      atLeast: 100,
      series: [
        {
          ...line('Share', '4', shares, formatRatio),
          values: shares.map((share) => (share === null ? null : share * 100)),
        },
      ],
    };
  }
  const of = (key: 'p50' | 'p95' | 'p99') =>
    values.map((point) => (point && 'p50' in point ? point[key] : null));
  const text = (value: number) => formatValue(value, unit);
  return {
    unit: unit === '' ? name : unit,
    summary: `The highest p99 is ${text(highest(of('p99')))}${about}.`,
    atLeast: 0.1,
    ribbon: true,
    series: [
      line('p50', '1', of('p50'), text),
      line('p95', '2', of('p95'), text),
      line('p99', '3', of('p99'), text),
    ],
  };
}
