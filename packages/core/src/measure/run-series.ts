import { gunzipSync, gzipSync } from 'node:zlib';
import type { AskOptions, LocustMaster } from '../locust/master.js';
import { RowsByName } from '../series/resample.js';
import { subtractRow } from '../series/subtract.js';
import type { SeriesRow, SeriesSample, SeriesUpdate } from '../series/rows.js';

/** So many seconds are kept together. */
const blockSeconds = 60;
/** What is older than this hardly changes any more, and rests compressed: a day of ten names would need gigabytes. */
const warmSeconds = 120;

type Block = Map<string, SeriesRow>;

/** The figures by second of one test, gathered from one answer of the master to the next. */
export class RunSeries {
  readonly #warm = new Map<number, Block>();
  readonly #cold = new Map<number, Buffer>();
  readonly #samples = new Map<number, SeriesSample>();
  #newest = 0;
  #revision: number | undefined;
  #test: number | undefined;
  /** What has come since it was last taken; undefined: nobody takes it. */
  #increments: RowsByName | undefined;

  constructor({ gathersIncrements = false }: { readonly gathersIncrements?: boolean } = {}) {
    if (gathersIncrements) this.#increments = new RowsByName();
  }

  /** Asks for what has changed since the last time: what a caller that slept has missed is in it. */
  async read(master: Pick<LocustMaster, 'series'>, options?: AskOptions): Promise<void> {
    let isLast = false;
    while (!isLast) {
      const update = await master.series(this.#revision, options);
      this.add(update);
      isLast = !update.more || update.test !== this.#test;
    }
  }

  /** Takes an answer over; one of another test is left alone. */
  add({ revision, test, rows, samples }: SeriesUpdate): void {
    this.#test ??= test;
    if (this.#test !== test) return;
    this.#revision = revision;
    for (const row of rows) {
      const number = Math.floor(row.second / blockSeconds);
      // What is to be compared with it is unpacked once, until it cools again.
      const rested = this.#increments && this.#cold.has(number) ? this.#block(number) : undefined;
      const block = this.#warm.get(number) ?? rested ?? new Map<string, SeriesRow>();
      this.#increments?.add(subtractRow(row, block.get(keyOf(row))));
      this.#warm.set(number, block.set(keyOf(row), row));
      this.#newest = Math.max(this.#newest, row.second);
    }
    for (const sample of samples) this.#samples.set(sample.second, sample);
    this.#cool();
  }

  /** What has come since the last call, by request name; all of them add up to the rows. */
  takeIncrements(): SeriesRow[] {
    const taken = this.#increments?.rows ?? [];
    if (this.#increments) this.#increments = new RowsByName();
    return taken;
  }

  /** By second, then by name. They can be gone through again and again, and are never all in memory. */
  get rows(): Iterable<SeriesRow> {
    return { [Symbol.iterator]: () => this.#rows() };
  }

  /** Those of the seconds before one. */
  *rowsBefore(second: number): Generator<SeriesRow, undefined> {
    for (const row of this.#rows()) {
      if (row.second >= second) return undefined;
      yield row;
    }
    return undefined;
  }

  /** By second. */
  get samples(): SeriesSample[] {
    return [...this.#samples.values()].sort((one, other) => one.second - other.second);
  }

  *#rows(): Generator<SeriesRow, undefined> {
    const numbers = new Set([...this.#cold.keys(), ...this.#warm.keys()]);
    for (const number of [...numbers].sort((one, other) => one - other)) {
      yield* [...this.#block(number).values()].sort(inOrder);
    }
    return undefined;
  }

  #cool(): void {
    for (const number of this.#warm.keys()) {
      if ((number + 1) * blockSeconds > this.#newest - warmSeconds) continue;
      const text = JSON.stringify([...this.#block(number).values()]);
      this.#cold.set(number, gzipSync(text, { level: 1 }));
      this.#warm.delete(number);
    }
  }

  /** A row that changed after its block had cooled takes the place of the old one. */
  #block(number: number): Block {
    const cold = this.#cold.get(number);
    const rows = cold ? (JSON.parse(gunzipSync(cold).toString()) as SeriesRow[]) : [];
    return new Map([...rows.map((row) => [keyOf(row), row] as const), ...(this.#warm.get(number) ?? [])]);
  }
}

const keyOf = ({ second, method, name }: SeriesRow) => JSON.stringify([second, method, name]);

function inOrder(one: SeriesRow, other: SeriesRow): number {
  return one.second - other.second || compare(one.method, other.method) || compare(one.name, other.name);
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
