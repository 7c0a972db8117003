import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLoadTest,
  type LoadProfileInput,
  type LoadTest,
  type LoadwrightError,
  type RunEvent,
  type RunReport,
  type Target,
} from '@loadwright/core';
import { localFleet } from '@loadwright/infra/local';
import { expect } from 'vitest';
import { busyMachine } from '../../packages/infra/test/busy-machine.js';
import type { Books, Liar, Scenario } from '../../packages/infra/test/truth/liar.js';
import { locust } from '../../packages/cli/test/command.js';

/** A fault that somebody had with a load test, and the outcome that is right. */
export interface Case {
  /** Ends with its id. */
  readonly name: string;
  /** What the server does; the request before the load is answered, and is not counted. */
  readonly server?: Scenario;
  /** How many requests come before the load. Default 1. */
  readonly requestsBefore?: number;
  /** @param url of the server, on loopback */
  readonly target: (url: string) => Target;
  /** Files beside the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly load?: LoadProfileInput;
  readonly thresholds?: Readonly<Record<string, readonly string[]>>;
  readonly preflight?: { readonly waitUpTo: string };
  readonly right: (outcome: CaseOutcome) => void | Promise<void>;
  /** In place of `right`: the test is refused before there is a load. */
  readonly refused?: (error: LoadwrightError) => void;
}

export interface CaseOutcome {
  readonly report: RunReport;
  readonly books: Books;
  readonly events: readonly RunEvent[];
  readonly test: LoadTest;
}

/** Ten users for three seconds, who pause. */
const defaultLoad: LoadProfileInput = { users: 10, duration: '3s', waitTime: '50ms', gracefulStop: '1s' };

/** Makes the load of a case with one worker of its own, and holds the report against what is right. */
export async function tryCase(one: Case, liar: Liar): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'loadwright-case-')));
  const port = await liar.open({ ignoreFirst: one.requestsBefore ?? 1, ...one.server });
  const events: RunEvent[] = [];
  try {
    for (const [name, text] of Object.entries(one.files ?? {})) await writeFile(join(folder, name), text);
    const test = createLoadTest({
      target: one.target(port.url),
      workers: 1,
      load: one.load ?? defaultLoad,
      ...(one.thresholds && { thresholds: one.thresholds }),
      ...(one.preflight && { preflight: one.preflight }),
      baseDirectory: folder,
      environment: { DATABRICKS_TOKEN: 'canary-of-a-case' },
    });
    const fleet = localFleet(locust === undefined ? {} : { locust });
    const running = test.run({ fleet, tolerate: busyMachine, onProgress: (event) => events.push(event) });
    if (one.refused) {
      const error = await running.then(
        ({ verdict }) => new Error(`there was a load, and its verdict was ${verdict}`),
        (reason: LoadwrightError) => reason,
      );
      return one.refused(error as LoadwrightError);
    }
    const report = await running;
    await judge(one, { report, books: await port.books(), events, test });
  } finally {
    await port.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function judge(one: Case, outcome: CaseOutcome): Promise<void> {
  const { report, books } = outcome;
  try {
    expect(report.accounting).toMatchObject({ holds: true, inFlight: 0 });
    await one.right(outcome);
  } catch (error) {
    const { log: _, ...short } = books;
    const { verdict, reasons, total, accounting, errors, preflight } = report;
    const seen = JSON.stringify({ verdict, reasons, total, accounting, errors, preflight, books: short });
    throw new Error(`${(error as Error).message}\n${seen}`, { cause: error });
  }
}
