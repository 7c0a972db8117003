import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunReport } from '@loadwright/core';
import { expect } from 'vitest';
import { busyMachineFlags } from '../../packages/infra/test/busy-machine.js';
import { TracedLocust } from '../../packages/infra/test/truth/fleet-processes.js';
import type { Books, LiarPort } from '../../packages/infra/test/truth/liar.js';
import { Command, processesIn } from '../../packages/cli/test/command.js';

/** `loadwright run`; what a busy machine does to the figures is no matter of these tests. */
export const run = ['run', ...busyMachineFlags];

/** How a load is made. */
export interface LoadOptions {
  /** Default: {@link run}. */
  readonly argv?: readonly string[];
  /** More for the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command with a load, in a process of its own, on a server that notes when each request came. */
export class LoadOfCommand {
  readonly command: Command;
  readonly locust = new TracedLocust();
  readonly #port: LiarPort;
  readonly #folder: string;

  constructor(
    port: LiarPort,
    durationSeconds: number,
    { argv = run, config: more, environment }: LoadOptions = {},
  ) {
    this.#port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'loadwright-safety-'));
    const config = {
      target: { kind: 'chalice', baseUrl: port.url, body: { amount: 1 } },
      workers: 1,
      load: { users: 5, duration: `${durationSeconds}s`, waitTime: '50ms', gracefulStop: '1s' },
      ...more,
    };
    writeFileSync(join(this.#folder, 'loadwright.config.json'), JSON.stringify(config));
    this.command = new Command(argv, {
      cwd: this.#folder,
      environment: { LOADWRIGHT_LOCUST: this.locust.executable, ...environment },
    });
  }

  /** Resolves when the command has shown that a phase begins. */
  begins(phase: string): Promise<void> {
    return this.command.shows(`● ${phase}`);
  }

  /** Resolves when the load has made some requests. */
  async serves(): Promise<void> {
    await expect.poll(async () => (await this.books()).received, { timeout: 180_000 }).toBeGreaterThan(10);
  }

  books(): Promise<Books> {
    return this.#port.books();
  }

  /** Seconds from the first request of the load to the last one. */
  async servedSeconds(): Promise<number> {
    const { log } = await this.books();
    return log.length === 0 ? 0 : (log.at(-1)!.at - log[0]!.at) / 1000;
  }

  /** Its report; undefined when it has written none. */
  report(): RunReport | undefined {
    const entries = readdirSync(this.#folder, { recursive: true, encoding: 'utf8' });
    const found = entries.find((entry) => entry.endsWith('summary.json'));
    return found === undefined
      ? undefined
      : (JSON.parse(readFileSync(join(this.#folder, found), 'utf8')) as RunReport);
  }

  /** Processes of it that are left. */
  left(): string[] {
    return processesIn(this.#folder);
  }

  async end(): Promise<void> {
    this.locust.remove();
    this.command.child.kill('SIGCONT');
    this.command.child.kill('SIGKILL');
    await this.command.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The law: what PASS says of a load is its length, and that the master saw it all the while. */
export function lengthAndHoles({ loadSeconds, series }: RunReport): { offBy: number; longestHole: number } {
  const planned = 4;
  const moments = [0, ...series.map(({ elapsedSeconds }) => elapsedSeconds), loadSeconds];
  const holes = moments.slice(1).map((moment, index) => moment - moments[index]!);
  return { offBy: Math.abs(loadSeconds - planned), longestHole: Math.max(...holes) };
}
