import type { AskOptions, LocustMaster } from '../locust/master.js';
import type { SeriesRow, SeriesSample, SeriesUpdate } from '../series/rows.js';

/** The figures by second of one test, gathered from one answer of the master to the next. */
export class RunSeries {
  readonly #rows = new Map<string, SeriesRow>();
  readonly #samples = new Map<number, SeriesSample>();
  #revision: number | undefined;
  #test: number | undefined;

  /** Asks for what has changed since the last time: what a caller that slept has missed is in it. */
  async read(master: Pick<LocustMaster, 'series'>, options?: AskOptions): Promise<void> {
    const newest = Math.max(0, ...this.#samples.keys());
    this.add(await master.series({ revision: this.#revision, sample: newest }, options));
  }

  /** Takes an answer over; one of another test is left alone. */
  add({ revision, test, rows, samples }: SeriesUpdate): void {
    this.#test ??= test;
    if (this.#test !== test) return;
    this.#revision = revision;
    for (const row of rows) this.#rows.set(JSON.stringify([row.second, row.method, row.name]), row);
    for (const sample of samples) this.#samples.set(sample.second, sample);
  }

  /** By second, then by name. */
  get rows(): SeriesRow[] {
    return [...this.#rows.values()].sort(
      (one, other) =>
        one.second - other.second || compare(one.method, other.method) || compare(one.name, other.name),
    );
  }

  /** By second. */
  get samples(): SeriesSample[] {
    return [...this.#samples.values()].sort((one, other) => one.second - other.second);
  }
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
