import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createLoadTest,
  type LoadTestOptions,
  type RunEvent,
  type RunOptions,
  type RunReport,
} from '@loadwright/core';
import { expect } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { TracedLocust } from './fleet-processes.js';
import type { Books, Liar, LiarPort } from './liar.js';
import { liarTarget } from './liar-target.js';
import { loadOf, type LoadKind } from './loads.js';
import { gracefulStopSeconds, timeoutSeconds, type Row } from './rows.js';

/** What a machine that has other things to do does to a run. Only the rows that are about them take them for a cause. */
const rulesOfTheMachine = ['generator-cpu', 'event-loop-lag', 'offered-rate', 'percentile-samples'] as const;

/** A place where one row is tried after the other, with what they share: a port of the server, a folder, and fleets. */
export class Lane {
  readonly #port: LiarPort;
  readonly #folder: string;
  /** Run ids of the fleets that stand, by their number of workers. */
  readonly #standing = new Map<number, { runId: string; destroy: () => Promise<unknown> }>();
  readonly #locust = new TracedLocust();
  readonly #fleet = localFleet({ locust: this.#locust.executable });

  private constructor(port: LiarPort, folder: string) {
    this.#port = port;
    this.#folder = folder;
  }

  static async open(liar: Liar): Promise<Lane> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'loadwright-truth-')));
    return new Lane(await liar.open(), folder);
  }

  async close(): Promise<void> {
    for (const { destroy } of this.#standing.values()) await destroy();
    this.#locust.remove();
    await this.#port.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Makes the load of a row, and holds the report against what is right. */
  async try(row: Row, load: LoadKind, workers: number): Promise<void> {
    await this.#port.become(typeof row.server === 'function' ? row.server(load) : (row.server ?? {}));
    const report =
      row.target === undefined && row.disturb === undefined
        ? await this.#runShared(row, load, workers)
        : await this.#runAlone(row, load, workers);
    const books = await this.#port.books();
    try {
      judge(row, report, books);
      row.right({ report, books, load });
    } catch (error) {
      const { log: _, ...short } = books;
      const { total, accounting, errors, reasons, verdict, events, loadSeconds } = report;
      const workers = report.series.map((sample) => [sample.elapsedSeconds, sample.workers]);
      const told = { verdict, reasons, total, accounting, errors, events, loadSeconds, workers };
      const seen = JSON.stringify({ ...told, books: short });
      throw new Error(`${(error as Error).message}\n${seen}`, { cause: error });
    }
  }

  async #runShared(row: Row, load: LoadKind, workers: number): Promise<RunReport> {
    const test = createLoadTest(await this.#options(row, load, workers));
    if (!this.#standing.has(workers)) {
      const { runId, handle } = await test.deploy({ fleet: this.#fleet });
      this.#standing.set(workers, { runId, destroy: () => handle.destroy() });
    }
    const on = this.#standing.get(workers)!.runId;
    return test.run({ fleet: this.#fleet, on, ...this.#tolerance(row) });
  }

  async #runAlone(row: Row, load: LoadKind, workers: number): Promise<RunReport> {
    const own = new TracedLocust();
    let disturbance: Promise<unknown> | undefined;
    const ended = new AbortController();
    const disturb = async () => {
      let elapsed = 0;
      for (const { at, by } of row.disturb ?? []) {
        await delay((at - elapsed) * 1000, undefined, { signal: ended.signal });
        elapsed = at;
        by(own);
      }
    };
    const onProgress = (event: RunEvent) => {
      if (event.type === 'sample') disturbance ??= disturb().catch(() => {});
    };
    try {
      const options = await this.#options(row, load, workers);
      const fleet = localFleet({ locust: own.executable });
      return await createLoadTest(options).run({ fleet, onProgress, ...this.#tolerance(row) });
    } finally {
      ended.abort();
      await disturbance;
      own.remove();
    }
  }

  async #options(row: Row, load: LoadKind, workers: number): Promise<LoadTestOptions> {
    const { workMilliseconds, payloads } = row.target ?? {};
    const file = join(this.#folder, 'payloads.jsonl');
    if (payloads) await writeFile(file, payloads.map((payload) => `${JSON.stringify(payload)}\n`).join(''));
    return {
      target: liarTarget({
        url: this.#port.url,
        timeout: `${timeoutSeconds}s`,
        expect: { status: [200], json: { pointer: '/ok', equals: true } },
        ...(workMilliseconds !== undefined && { workMilliseconds }),
        ...(payloads && { payloads: { file } }),
      }),
      workers,
      load: loadOf(load, row.seconds ?? 4, `${row.gracefulStopSeconds ?? gracefulStopSeconds}s`),
      ...(row.thresholds && { thresholds: row.thresholds }),
      baseDirectory: this.#folder,
      environment: {},
    };
  }

  /** Where the server is what is wrong, the machine must not decide. */
  #tolerance({ verdict }: Row): Pick<RunOptions, 'tolerate'> {
    return verdict === 'INVALID' ? {} : { tolerate: rulesOfTheMachine };
  }
}

/** What holds for every row: the verdict, and the books. */
function judge(row: Row, report: RunReport, books: Books): void {
  expect(report.verdict).toBe(row.verdict);
  const { accounting } = report;
  expect(accounting).toBeDefined();
  const { due, sent, succeeded, failed, dropped } = accounting!;
  if (row.disturb !== undefined) {
    // What a process knew that was killed or stopped is lost, and the run is INVALID for it.
    expect(books.received).toBeGreaterThanOrEqual(sent);
    return;
  }
  expect(accounting).toMatchObject({ holds: true, inFlight: 0 });
  expect(due).toBe(succeeded + failed + dropped);
  const neverSent = due - dropped - sent;
  expect(books.received).toBe(succeeded + failed - neverSent);
}
