import type { MeasuredStatistics } from '../judge/thresholds/metrics.js';
import type { RequestStatistics, TrendStatistics } from '../locust/statistics.js';
import { RowSum, sumOfRows } from '../series/merge.js';
import type { SeriesRow } from '../series/rows.js';
import { optimalBlockLength } from './block-length.js';
import { circularBlocks } from './bootstrap.js';
import type { ComparedRun } from './contract.js';
import { measureFigure, type Figure } from './figures.js';

/** More units of time than these change no interval, and only take time. */
const mostUnits = 600;

/** The judged seconds of a run. */
export class JudgedSeconds {
  readonly #rows: readonly SeriesRow[];
  readonly #run: ComparedRun;
  /** Whole seconds, from the end of the warm-up to the end of the load. */
  readonly #from: number;
  readonly #to: number;
  #statistics: MeasuredStatistics | undefined;

  constructor(run: ComparedRun) {
    const { report, series } = run;
    this.#run = run;
    this.#from = Math.ceil(report.warmUpSeconds ?? 0);
    this.#to = Math.max(this.#from + 1, Math.floor(report.loadSeconds));
    this.#rows = series.rows.filter(({ second }) => second >= this.#from);
  }

  /** The figure of the whole run. */
  measure(figure: Figure): number | null {
    const seconds = Math.max(0, this.#run.report.loadSeconds - this.#from);
    return measureFigure(figure, this.#sum(), seconds);
  }

  /** How its requests ended: by code, as in the series. Undefined: it is of a version that did not count them. */
  get codes(): Readonly<Record<string, number>> | undefined {
    return this.#sum().total.codes;
  }

  get runId(): string {
    return this.#run.report.runId;
  }

  #sum(): MeasuredStatistics {
    return (this.#statistics ??= sumOfRows(this.#rows, this.#run.series.header.metrics));
  }

  /**
   * Figures of resamples of the run.
   *
   * @param figures Of one group: they come from the same resamples.
   * @returns for each figure one value a resample, null where there was nothing to measure; and how many blocks a resample has.
   */
  resample(
    figures: readonly Figure[],
    count: number,
    uniform: () => number,
  ): { readonly values: readonly (number | null)[][]; readonly blocks: number } {
    const length = this.#to - this.#from;
    const unitSeconds = Math.ceil(length / mostUnits);
    const units = this.#units(figures[0]!, Math.floor(length / unitSeconds), unitSeconds);
    const blockLengths = figures.map((figure) =>
      optimalBlockLength(
        withoutGaps(units.map((requests) => figure.measure({ requests, seconds: unitSeconds }))),
      ),
    );
    const blockLength = Math.ceil(Math.max(...blockLengths));
    const draw = circularBlocks(units.length, blockLength, uniform);
    const { trend } = figures[0]!;
    const sumOf = trend && trendAdder(units.map((unit) => trend.of(unit)));
    const countsOf = trend ? undefined : countAdder(units);
    const results = figures.map((): (number | null)[] => []);
    for (let resample = 0; resample < count; resample += 1) {
      const drawn = draw();
      const values = sumOf?.(drawn);
      const requests = countsOf?.(drawn);
      figures.forEach((figure, index) =>
        results[index]!.push(
          values
            ? figure.trend!.fold(values)
            : figure.measure({ requests: requests!, seconds: drawn.length * unitSeconds }),
        ),
      );
    }
    return { values: results, blocks: units.length / blockLength };
  }

  /** The figure of each third of the load, in order. */
  thirds(figure: Figure): (number | null)[] {
    const third = (this.#to - this.#from) / 3;
    return [0, 1, 2].map((index) => {
      const from = this.#from + index * third;
      const rows = this.#rows.filter(({ second }) => second >= from && second < from + third);
      return measureFigure(figure, sumOfRows(rows, this.#run.series.header.metrics), third);
    });
  }

  /** What a figure needs of each unit of time. Seconds after the last whole unit are left out. */
  #units({ requestName }: Figure, count: number, unitSeconds: number): RequestStatistics[] {
    const sums = Array.from({ length: count }, () => new RowSum());
    for (const row of this.#rows) {
      if (requestName === undefined || row.name === requestName)
        sums[Math.floor((row.second - this.#from) / unitSeconds)]?.add(row);
    }
    const { metrics } = this.#run.series.header;
    return sums.map((sum) => sum.statistics({ method: '', name: requestName ?? '' }, metrics));
  }
}

/** Histograms are added in one array of all values that occur: the fastest way to draw thousands of times. */
function trendAdder(units: readonly (TrendStatistics | undefined)[]) {
  const values = [...new Set(units.flatMap((unit) => unit?.histogram.map(([value]) => value) ?? []))].sort(
    (one, other) => one - other,
  );
  const places = new Map(values.map((value, place) => [value, place]));
  const sparse = units.map((unit) => ({
    places: Int32Array.from(unit?.histogram ?? [], ([value]) => places.get(value)!),
    counts: Float64Array.from(unit?.histogram ?? [], ([, count]) => count),
  }));
  const sums = new Float64Array(values.length);
  return (drawn: Int32Array): TrendStatistics => {
    sums.fill(0);
    const total = { count: 0, sum: 0, minimum: Infinity, maximum: -Infinity };
    for (const index of drawn) {
      const unit = units[index];
      if (!unit || unit.count === 0) continue;
      const { places: at, counts } = sparse[index]!;
      for (let entry = 0; entry < at.length; entry += 1) sums[at[entry]!]! += counts[entry]!;
      total.count += unit.count;
      total.sum += unit.sum;
      total.minimum = Math.min(total.minimum, unit.minimum ?? Infinity);
      total.maximum = Math.max(total.maximum, unit.maximum);
    }
    const histogram: [number, number][] = [];
    for (let place = 0; place < sums.length; place += 1)
      if (sums[place]! > 0) histogram.push([values[place]!, sums[place]!]);
    return { ...total, histogram };
  };
}

/** A second in which nothing was measured has the mean of the others. */
function withoutGaps(values: readonly (number | null)[]): number[] {
  const known = values.filter((value) => value !== null);
  const mean = known.reduce((sum, value) => sum + value, 0) / (known.length || 1);
  return values.map((value) => value ?? mean);
}

const counts = ['due', 'sent', 'succeeded', 'failed', 'dropped', 'bytes'] as const;

/** All but trends: each unit is one array of numbers, as these are added thousands of times. */
function countAdder(units: readonly RequestStatistics[]) {
  const namesOf = (member: 'counters' | 'rates' | 'codes') => [
    ...new Set(units.flatMap((unit) => Object.keys(unit[member] ?? {}))),
  ];
  const [counters, rates, codes] = [namesOf('counters'), namesOf('rates'), namesOf('codes')];
  const numbers = units.map((unit) =>
    Float64Array.from([
      ...counts.map((key) => unit[key]),
      ...counters.map((name) => unit.counters[name] ?? 0),
      ...codes.map((code) => unit.codes?.[code] ?? 0),
      ...rates.map((name) => unit.rates[name]?.hits ?? 0),
      ...rates.map((name) => unit.rates[name]?.total ?? 0),
    ]),
  );
  const sums = new Float64Array(numbers[0]?.length ?? 0);
  return (drawn: Int32Array): RequestStatistics => {
    sums.fill(0);
    for (const index of drawn) {
      const own = numbers[index]!;
      for (let place = 0; place < own.length; place += 1) sums[place]! += own[place]!;
    }
    let next = 0;
    const take = <Name extends string>(names: readonly Name[]) =>
      Object.fromEntries(names.map((name) => [name, sums[next++]!])) as Record<Name, number>;
    const known = { ...take(counts), counters: take(counters), codes: take(codes) };
    const [hits, totals] = [take(rates), take(rates)];
    return {
      ...{ method: '', name: '', trends: {}, ...known },
      rates: Object.fromEntries(rates.map((name) => [name, { hits: hits[name]!, total: totals[name]! }])),
    };
  };
}
