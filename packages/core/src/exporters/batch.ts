import type { RunReport } from '../results/summary.js';
import { RowsByName, type Series } from '../series/resample.js';
import type { SeriesRow } from '../series/rows.js';
import type { ExportBatch, LoadState } from './contract.js';

/** A batch before it is known what came before it. */
export type Increment = Omit<ExportBatch, 'totals'>;

/** Puts two batches that follow each other together. Nothing is lost but where the one ended. */
export function joinIncrements(first: Increment, second: Increment): Increment {
  const sum = new RowsByName();
  for (const row of [...first.rows, ...second.rows]) sum.add(row);
  return { ...second, from: first.from, rows: sum.rows, state: second.state ?? first.state };
}

/** The batches of a run that is over, one for each second of its load. */
export function* incrementsOf(
  { header, rows }: Series,
  { series: samples }: Pick<RunReport, 'series'>,
): Generator<Increment, undefined> {
  const states = new Map(
    samples.map(({ elapsedSeconds, users, inFlight, workers }): [number, LoadState | undefined] => [
      elapsedSeconds,
      inFlight === null ? undefined : { users, inFlight, workers: workers.length },
    ]),
  );
  const startedAt = Date.parse(header.startedAt);
  for (let at = 0; at < rows.length;) {
    const { second } = rows[at]!;
    const own: SeriesRow[] = [];
    for (; rows[at]?.second === second; at++) own.push(rows[at]!);
    const from = startedAt + second * 1000;
    yield {
      ...{ from, to: from + 1000, rows: own, metrics: header.metrics },
      state: states.get(second + 1),
    };
  }
  return undefined;
}
