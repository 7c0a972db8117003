import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Environment } from '../environment.js';
import { ensureLocust } from '../local/ensure-locust.js';
import { homeWithoutConfiguration } from '../local/home.js';
import { inheritedEnvironment } from '../local/inherited-environment.js';
import { SupervisedProcess } from '../process/processes.js';
import { cpuSecondsOf } from './cpu-seconds.js';
import type { ResponderCounts } from './responder.js';

/** What a request of a bundle costs on this machine. */
export interface Benchmark {
  readonly users: number;
  /** Length of the window. */
  readonly seconds: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** CPU time of the Locust process for each request: of the whole window, and of its cheapest and dearest part. */
  readonly cpuMicroseconds: { readonly mean: number; readonly least: number; readonly most: number };
  /** Share of one core that the process used. */
  readonly utilization: number;
  /** Bytes for each request, without TLS and the headers of packets. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly tls: boolean;
}

export interface BenchmarkOptions {
  /** Folder of a bundle whose target is a server of this machine, for `users` users and longer than the benchmark takes. */
  readonly directory: string;
  readonly users: number;
  readonly seconds: number;
  readonly tls: boolean;
  /** Variables of the bundle. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of this process: where programs are. */
  readonly environment: Environment;
  /** Of that server. */
  readonly served: () => ResponderCounts;
  readonly signal?: AbortSignal;
  readonly onProgress?: (message: string) => void;
}

/** The window is measured in this many parts, which shows how much the figure varies. */
const parts = 10;
/** Connections are opened, and caches are filled. */
const settleMilliseconds = 2000;
const startLimitMilliseconds = 60_000;
const lookMilliseconds = 50;
const graceMilliseconds = 3000;
const shownLines = 10;

/**
 * Runs the bundle in one real Locust process, which sends as fast as it is answered, and measures what a request costs.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when Locust does not send, `ABORTED`
 */
export async function measureBundle(options: BenchmarkOptions): Promise<Benchmark> {
  const { directory, environment, variables, signal, onProgress = () => {} } = options;
  const { executable } = await ensureLocust({ environment }, { ...(signal && { signal }), onProgress });
  const home = await mkdtemp(join(tmpdir(), 'loadwright-home-'));
  const lines: string[] = [];
  const locust = new SupervisedProcess({
    file: executable,
    arguments: ['-f', 'locustfile.py', '--headless', '--only-summary'],
    directory,
    environment: {
      ...inheritedEnvironment(environment),
      ...homeWithoutConfiguration(environment, home),
      ...variables,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
    },
    onLine: (line) => void (lines.push(line) > shownLines && lines.shift()),
  });
  try {
    return await measure(locust, options, () => lines.join('\n  '));
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new LoadwrightError('ABORTED', 'The benchmark was stopped.', { cause: error });
  } finally {
    await locust.end(graceMilliseconds);
    await rm(home, { recursive: true, force: true });
  }
}

interface Reading {
  readonly milliseconds: number;
  readonly cpuSeconds: number;
  readonly served: ResponderCounts;
}

async function measure(
  locust: SupervisedProcess,
  options: BenchmarkOptions,
  lastLines: () => string,
): Promise<Benchmark> {
  const { users, seconds, tls, served, signal } = options;
  const requireRunning = () => {
    if (!locust.exit) return;
    throw failed(`Locust ${locust.exit.description}; its last lines:\n  ${lastLines()}`);
  };
  const limit = performance.now() + startLimitMilliseconds;
  while (served().requests < users) {
    requireRunning();
    if (performance.now() > limit) {
      throw failed(`Locust sent no load within ${startLimitMilliseconds / 1000} s: ${lastLines()}`);
    }
    await delay(lookMilliseconds, undefined, { signal });
  }
  await delay(settleMilliseconds, undefined, { signal });
  const read = async (): Promise<Reading> => {
    requireRunning();
    const { pid } = locust;
    const cpuSeconds = await cpuSecondsOf(pid ?? 0);
    return { milliseconds: performance.now(), cpuSeconds, served: served() };
  };
  const readings = [await read()];
  for (let part = 0; part < parts; part++) {
    await delay((seconds * 1000) / parts, undefined, { signal });
    readings.push(await read());
  }
  return resultOf(readings, { users, tls });
}

function resultOf(
  readings: readonly Reading[],
  { users, tls }: { readonly users: number; readonly tls: boolean },
): Benchmark {
  const [first, last] = [readings[0]!, readings.at(-1)!];
  const requests = last.served.requests - first.served.requests;
  const { refused } = last.served;
  if (requests === 0 || refused > 0) {
    throw failed(
      requests === 0
        ? 'Locust sent no requests.'
        : `The emulator refused ${refused} requests: this load cannot be measured with it.`,
    );
  }
  const costs = readings.slice(1).flatMap((reading, index) => {
    const before = readings[index]!;
    const count = reading.served.requests - before.served.requests;
    return count === 0 ? [] : [((reading.cpuSeconds - before.cpuSeconds) * 1e6) / count];
  });
  const seconds = (last.milliseconds - first.milliseconds) / 1000;
  const cpuSeconds = last.cpuSeconds - first.cpuSeconds;
  return {
    users,
    seconds: Math.round(seconds * 10) / 10,
    requests,
    requestsPerSecond: requests / seconds,
    cpuMicroseconds: {
      mean: (cpuSeconds * 1e6) / requests,
      least: Math.min(...costs),
      most: Math.max(...costs),
    },
    utilization: cpuSeconds / seconds,
    bytesSent: (last.served.sent - first.served.sent) / requests,
    bytesReceived: (last.served.received - first.served.received) / requests,
    tls,
  };
}

function failed(message: string): LoadwrightError {
  return new LoadwrightError('PROVISIONING_FAILED', message, {
    hint: 'Run the load for some seconds against the emulator of the target: its report shows what fails.',
  });
}
