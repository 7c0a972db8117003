import type { MetricPoint, OpenSample, Sample } from '../measure/sample-contract.js';

/** What one point of a chart shows: one sample, or several that were put together. */
export interface Point {
  readonly elapsedSeconds: number;
  readonly users: number;
  readonly requestsPerSecond: number;
  readonly failuresPerSecond: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly lagP99: number | null;
  readonly inFlight: number | null;
  readonly oldestSeconds: number | null;
  readonly bytesPerSecond: number | null;
  /** Of requests and answers with their heads. */
  readonly sentPerSecond: number | null;
  readonly receivedPerSecond: number | null;
  /** A second, by code; empty where that is not known. */
  readonly codes: ReadonlyMap<string, number>;
  readonly firstByte: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
  };
  /** A second, by kind. */
  readonly failureKinds: ReadonlyMap<string, number>;
  /** With an arrival rate only. */
  readonly open: OpenSample | undefined;
  /** What the target measured, by the metric's name. */
  readonly metrics: ReadonlyMap<string, MetricPoint>;
  /** By worker id, percent of one core; a worker that did not answer is absent. */
  readonly cpu: ReadonlyMap<string, number>;
}

/**
 * Puts neighbouring samples together until there are few enough points to draw and to read. Rates become means;
 * users, percentiles and CPU keep the highest value, so that a short spike is never smoothed away.
 *
 * @param most The most points.
 */
export function thinSeries(series: readonly Sample[], most: number): Point[] {
  return groupSeries(series, Math.max(1, Math.ceil(series.length / most)));
}

/** As {@link thinSeries}, of so many samples a point. */
export function groupSeries(series: readonly Sample[], size: number): Point[] {
  const points: Point[] = [];
  for (let start = 0; start < series.length; start += size) {
    points.push(merge(series.slice(start, start + size)));
  }
  return points;
}

function merge(samples: readonly Sample[]): Point {
  const mean = (pick: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const meanOfKnown = (pick: (sample: Sample) => number | undefined) =>
    samples.some((sample) => pick(sample) !== undefined) ? mean((sample) => pick(sample) ?? 0) : null;
  const highest = (pick: (sample: Sample) => number | null) => highestOf(samples.map(pick));
  const cpu = new Map<string, number>();
  for (const worker of samples.flatMap((sample) => sample.workers)) {
    if (worker.state === 'missing') continue;
    cpu.set(worker.id, Math.max(worker.cpuPercent, cpu.get(worker.id) ?? 0));
  }
  return {
    elapsedSeconds: samples.at(-1)!.elapsedSeconds,
    users: highest((sample) => sample.users) ?? 0,
    requestsPerSecond: mean((sample) => sample.requestsPerSecond),
    failuresPerSecond: mean((sample) => sample.failuresPerSecond),
    p50: highest((sample) => sample.p50),
    p95: highest((sample) => sample.p95),
    p99: highest((sample) => sample.p99),
    lagP99: highest((sample) => sample.lagP99 ?? null),
    inFlight: highest((sample) => sample.inFlight),
    oldestSeconds: highest((sample) => sample.oldestSeconds),
    bytesPerSecond: meanOfKnown((sample) => sample.bytesPerSecond),
    sentPerSecond: meanOfKnown((sample) => sample.bytesSentPerSecond),
    receivedPerSecond: meanOfKnown((sample) => sample.bytesReceivedPerSecond),
    codes: meansOf(samples, ({ codes }) => codes),
    firstByte: {
      p50: highest((sample) => sample.firstByte?.p50 ?? null),
      p95: highest((sample) => sample.firstByte?.p95 ?? null),
      p99: highest((sample) => sample.firstByte?.p99 ?? null),
    },
    failureKinds: meansOf(samples, ({ failureKinds }) => failureKinds),
    open: openOf(samples),
    metrics: metricsOf(samples),
    cpu,
  };
}

function meansOf(
  samples: readonly Sample[],
  pick: (sample: Sample) => Readonly<Record<string, number>> | undefined,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [name, count] of samples.flatMap((sample) => Object.entries(pick(sample) ?? {})))
    sums.set(name, (sums.get(name) ?? 0) + count);
  return new Map([...sums].map(([name, sum]) => [name, sum / samples.length]));
}

function openOf(samples: readonly Sample[]): OpenSample | undefined {
  const open = samples.map((sample) => sample.open).filter((sample) => sample !== undefined);
  const last = open.at(-1);
  if (!last) return undefined;
  const service = (key: 'p50' | 'p95' | 'p99') => highestOf(open.map((sample) => sample.service[key]));
  return {
    ...last,
    offeredPerSecond: open.reduce((sum, sample) => sum + sample.offeredPerSecond, 0) / open.length,
    service: { p50: service('p50'), p95: service('p95'), p99: service('p99') },
  };
}

function metricsOf(samples: readonly Sample[]): Map<string, MetricPoint> {
  const points = new Map<string, MetricPoint[]>();
  for (const { metrics = {} } of samples) {
    for (const [name, point] of Object.entries(metrics))
      points.set(name, [...(points.get(name) ?? []), point]);
  }
  return new Map([...points].map(([name, values]) => [name, mergeMetric(values)]));
}

function mergeMetric(points: readonly MetricPoint[]): MetricPoint {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [first] = points;
  if ('perSecond' in first!)
    return { perSecond: mean(points.map((point) => ('perSecond' in point ? point.perSecond : 0))) };
  if ('rate' in first!) {
    const known = points
      .map((point) => ('rate' in point ? point.rate : null))
      .filter((rate) => rate !== null);
    return { rate: known.length > 0 ? mean(known) : null };
  }
  const highest = (key: 'p50' | 'p95' | 'p99') =>
    highestOf(points.map((point) => ('p50' in point ? point[key] : null)));
  return { p50: highest('p50'), p95: highest('p95'), p99: highest('p99') };
}

function highestOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
}
