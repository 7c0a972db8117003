import { formatFigure, formatMilliseconds } from '../values/format.js';
import { highest, line, type Chart } from './chart.js';
import type { Point } from './thin-series.js';

/** With fewer levels of load there is nothing to see. */
const fewestLevels = 5;

/**
 * Latency against the load: a dot for each point in time. With an arrival rate against the rate that was due, otherwise
 * against the users. None for a load that hardly changes.
 */
export function loadChart(points: readonly Point[]): Chart | undefined {
  const isOpen = points.some(({ open }) => open);
  const loadOf = (point: Point) => (isOpen ? (point.open?.offeredPerSecond ?? 0) : point.users);
  const timed = points
    .filter((point) => point.p95 !== null)
    .sort((one, other) => loadOf(one) - loadOf(other) || one.elapsedSeconds - other.elapsedSeconds);
  const levels = new Set(timed.map((point) => Math.round(loadOf(point))));
  if (levels.size < fewestLevels) return undefined;
  const of = (key: 'p50' | 'p95' | 'p99') => timed.map((point) => point[key]);
  const unit = isOpen ? 'requests/s' : 'users';
  const half = timed.slice(Math.floor(timed.length / 2));
  const [low, high] = [
    highest(timed.slice(0, half.length).map(({ p95 }) => p95)),
    highest(half.map(({ p95 }) => p95)),
  ];
  return {
    id: 'load',
    title: isOpen ? 'Latency against the rate' : 'Latency against users',
    kind: 'dots',
    unit: 'ms',
    acrossUnit: unit,
    labelHeading: isOpen ? 'Rate' : 'Users',
    summary: `In the lower half of the load p95 is up to ${formatMilliseconds(low)}, in the upper half up to ${formatMilliseconds(high)}.`,
    x: timed.map(loadOf),
    labels: timed.map((point) => `${formatFigure(loadOf(point))} ${unit}`),
    atLeast: 0.1,
    series: [
      line('p50', '1', of('p50'), formatMilliseconds),
      line('p95', '2', of('p95'), formatMilliseconds),
      line('p99', '3', of('p99'), formatMilliseconds),
    ],
  };
}
