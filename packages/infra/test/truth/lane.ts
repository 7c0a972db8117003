import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createLoadTest,
  type LoadProfileInput,
  type LoadTestOptions,
  type RunEvent,
  type RunOptions,
  type RunReport,
} from '@loadwright/core';
import { expect } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { TracedLocust } from './fleet-processes.js';
import type { Liar, LiarPort, Scenario } from './liar.js';
import { liarTarget } from './liar-target.js';
import { loadOf, type LoadKind } from './loads.js';
import { gracefulStopSeconds, patienceSeconds, timeoutSeconds, type Outcome, type Row } from './rows.js';

/** What a machine that has other things to do does to a run. Only the rows that are about them take them for a cause. */
const rulesOfTheMachine = ['generator-cpu', 'event-loop-lag', 'offered-rate', 'percentile-samples'] as const;

/** A load on a server, and what is done meanwhile. */
export interface Measurement extends Pick<Row, 'target' | 'thresholds' | 'disturb' | 'isPatient'> {
  readonly server: Scenario;
  readonly load: LoadProfileInput;
  readonly workers: number;
  /** Whether a machine that has other things to do makes no difference to the verdict. */
  readonly isTolerant: boolean;
}

/** A place where one row is tried after the other, with what they share: a port of the server, a folder, and fleets. */
export class Lane {
  readonly #port: LiarPort;
  readonly #folder: string;
  /** Run ids of the fleets that stand, by their number of workers and the time-out of their requests. */
  readonly #deployed = new Map<string, { fleetId: string; destroy: () => Promise<unknown> }>();
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
    for (const { destroy } of this.#deployed.values()) await destroy();
    this.#locust.remove();
    await this.#port.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Makes the load of a row, and holds the report against what is right. */
  async try(row: Row, kind: LoadKind, workers: number): Promise<void> {
    const gracefulStop = `${row.isPatient ? patienceSeconds : gracefulStopSeconds}s`;
    const server = typeof row.server === 'function' ? row.server(kind) : (row.server ?? {});
    const load = loadOf(kind, row.seconds ?? 4, gracefulStop);
    await this.measure(
      { ...row, server, load, workers, isTolerant: row.verdict !== 'INVALID' },
      (outcome) => {
        expect(outcome.report.verdict).toBe(row.verdict);
        if (row.losesReports) holdWhatIsKnown(outcome);
        else holdBooks(outcome, server);
        row.right(outcome);
      },
    );
  }

  /** Makes a load, and has its outcome judged. */
  async measure(measurement: Measurement, judge: (outcome: Outcome) => void): Promise<void> {
    await this.#port.become(measurement.server);
    const isAlone = measurement.target !== undefined || measurement.disturb !== undefined;
    const report = isAlone ? await this.#runAlone(measurement) : await this.#runShared(measurement);
    const books = await this.#port.books();
    try {
      judge({ report, books });
    } catch (error) {
      const { log: _, ...short } = books;
      const { total, accounting, errors, reasons, verdict, events } = report;
      const seen = JSON.stringify({ verdict, reasons, total, accounting, errors, events, books: short });
      throw new Error(`${(error as Error).message}\n${seen}`, { cause: error });
    }
  }

  async #runShared(measurement: Measurement): Promise<RunReport> {
    const key = `${measurement.workers} ${timeoutOf(measurement)}`;
    const test = createLoadTest(await this.#options(measurement));
    if (!this.#deployed.has(key)) {
      const { fleetId, handle } = await test.deploy({ fleet: this.#fleet });
      this.#deployed.set(key, { fleetId, destroy: () => handle.destroy() });
    }
    const on = this.#deployed.get(key)!.fleetId;
    return test.run({ fleet: this.#fleet, on, ...tolerance(measurement) });
  }

  async #runAlone(measurement: Measurement): Promise<RunReport> {
    const own = new TracedLocust();
    let disturbance: Promise<unknown> | undefined;
    const ended = new AbortController();
    const disturb = async () => {
      let elapsed = 0;
      for (const { at, by } of measurement.disturb ?? []) {
        await delay((at - elapsed) * 1000, undefined, { signal: ended.signal });
        elapsed = at;
        by(own);
      }
    };
    const onProgress = (event: RunEvent) => {
      if (event.type === 'sample') disturbance ??= disturb().catch(() => {});
    };
    try {
      const options = await this.#options(measurement);
      const fleet = localFleet({ locust: own.executable });
      return await createLoadTest(options).run({ fleet, onProgress, ...tolerance(measurement) });
    } finally {
      ended.abort();
      await disturbance;
      own.remove();
    }
  }

  async #options(measurement: Measurement): Promise<LoadTestOptions> {
    const { target, load, workers, thresholds } = measurement;
    const { workMilliseconds, payloads } = target ?? {};
    const file = join(this.#folder, 'payloads.jsonl');
    if (payloads) await writeFile(file, payloads.map((payload) => `${JSON.stringify(payload)}\n`).join(''));
    return {
      target: liarTarget({
        url: this.#port.url,
        timeout: timeoutOf(measurement),
        expect: { status: [200], json: { pointer: '/ok', equals: true } },
        ...(workMilliseconds !== undefined && { workMilliseconds }),
        ...(payloads && { payloads: { file } }),
      }),
      workers,
      load,
      ...(thresholds && { thresholds }),
      baseDirectory: this.#folder,
      environment: {},
    };
  }
}

const timeoutOf = ({ isPatient }: Measurement): string => `${isPatient ? patienceSeconds : timeoutSeconds}s`;

/** Where the server is what is wrong, the machine must not decide. */
const tolerance = ({ isTolerant }: Measurement): Pick<RunOptions, 'tolerate'> =>
  isTolerant ? { tolerate: rulesOfTheMachine } : {};

/**
 * What of the law is left where a worker is stopped or killed, and the run INVALID for it: what it knew is lost, so more
 * was received than the report knows of, and those of its requests that were in flight have no outcome.
 */
function holdWhatIsKnown({ report, books }: Outcome): void {
  const { due, sent, succeeded, failed, dropped, inFlight, holds } = report.accounting!;
  expect(due).toBe(succeeded + failed + dropped + inFlight);
  expect(books.received).toBeGreaterThanOrEqual(sent);
  // Books that do not hold are never hidden.
  if (inFlight > 0) expect(holds).toBe(false);
  expect(report.problems?.some(({ rule }) => rule === 'accounting')).toBe(!holds);
}

/**
 * The law: each request that was due has one outcome, and what the server received are those that succeeded or failed,
 * without those that were never sent, and with those that were sent twice. Exactly, but where the server closes its port.
 */
export function holdBooks({ report, books }: Outcome, { refusesFrom }: Scenario): void {
  expect(report.accounting).toMatchObject({ holds: true, inFlight: 0 });
  const { due, sent, succeeded, failed, dropped } = report.accounting!;
  expect(due).toBe(succeeded + failed + dropped);
  const neverSent = due - dropped - sent;
  const reached = succeeded + failed - neverSent + report.total.retried;
  if (refusesFrom === undefined) {
    expect(books.received).toBe(reached);
    return;
  }
  // What is on its way to a server that goes is read by nobody: it was sent, and its connection closed by no rule.
  const resets = report.errors.filter(({ kind }) => kind === 'reset');
  const unread = Math.max(0, resets.reduce((sum, { occurrences }) => sum + occurrences, 0) - books.broken);
  expect(books.received).toBeLessThanOrEqual(reached);
  expect(books.received).toBeGreaterThanOrEqual(reached - unread);
}
