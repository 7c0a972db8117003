import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import type { MasterLogin } from '../fleet/contract.js';
import type { MasterStatistics } from './statistics.js';
import { masterStatisticsSchema } from './statistics-schema.js';

/** Longest time for one answer. `/stop` waits until every worker has stopped its users. */
const answerTimeoutMilliseconds = 30_000;

const swarmAnswer = z.object({ success: z.boolean(), message: z.string() });

/** How to reach a master. */
export interface LocustMasterOptions {
  /** Base URL of the web UI, without a trailing slash. */
  readonly url: string;
  readonly login?: MasterLogin;
}

/**
 * A typed client of the web API of a Locust master that runs a Loadwright bundle.
 *
 * It never sends `run_time`: Locust's timer outlives a stop and would end the next run. Whoever starts a load ends it.
 */
export class LocustMaster {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: LocustMasterOptions) {
    this.url = options.url.replace(/\/$/, '');
    this.#headers = options.login ? { authorization: `Bearer ${options.login.password}` } : {};
  }

  /**
   * Starts the load, or reshapes the one that runs. With stages in `load.json` Locust ignores both numbers.
   *
   * @param load.spawnRate Users started a second.
   * @throws LoadwrightError `MASTER_PROTOCOL` when Locust refuses, which it does with HTTP 200.
   */
  async swarm(load: { users: number; spawnRate: number; host: string }, signal?: AbortSignal): Promise<void> {
    // Form-encoded: Locust ignores a JSON body.
    const body = new URLSearchParams({
      user_count: String(load.users),
      spawn_rate: String(load.spawnRate),
      host: load.host,
    });
    const response = await this.#fetch('/swarm', { method: 'POST', body, ...(signal && { signal }) });
    const answer = swarmAnswer.safeParse(await response.json());
    if (!answer.success || !answer.data.success) {
      throw new LoadwrightError(
        'MASTER_PROTOCOL',
        `Locust did not start the load: ${answer.data?.message ?? 'its answer is not understood'}.`,
        { hint: 'Read the log of the master in the results folder.' },
      );
    }
  }

  /** Ends the load; returns when no user is left. The last statistics arrive later: see {@link settled}. */
  async stop(): Promise<void> {
    await this.#retrying('/stop');
  }

  /**
   * The merged statistics of all workers.
   *
   * @param since Unix second before which the figures by second are left out.
   */
  async statistics(options: { since?: number; signal?: AbortSignal } = {}): Promise<MasterStatistics> {
    const response = await this.#retrying(
      `/loadwright/statistics?since=${Math.floor(options.since ?? 0)}`,
      options.signal,
    );
    const parsed = masterStatisticsSchema.safeParse(await response.json());
    if (!parsed.success) {
      throw new LoadwrightError(
        'MASTER_PROTOCOL',
        `The statistics of ${this.url} are not understood: ${z.prettifyError(parsed.error)}`,
        { hint: 'The bundle and Loadwright must be of the same version: render the bundle again.' },
      );
    }
    return parsed.data;
  }

  /**
   * Saves an answer as a file, text passing through `redact` line by line.
   *
   * @returns false when Locust has no such file (404).
   */
  async download(path: string, destination: string, redact: (text: string) => string): Promise<boolean> {
    const response = await this.#retrying(path);
    if (response.status === 404 || !response.body) return false;
    await pipeline(Readable.fromWeb(response.body), redactLines(redact), createWriteStream(destination));
    return true;
  }

  async #retrying(path: string, signal?: AbortSignal): Promise<Response> {
    const attempt = async () => {
      try {
        return await this.#fetch(path, signal ? { signal } : {});
      } catch (error) {
        throw error instanceof LoadwrightError && !error.retryable ? new AbortError(error) : error;
      }
    };
    return pRetry(attempt, { retries: 4, minTimeout: 100, maxTimeout: 2000, ...(signal && { signal }) });
  }

  /** @throws LoadwrightError `MASTER_LOST` (retryable) when nobody answers, `MASTER_PROTOCOL` for a wrong answer. */
  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const timeout = AbortSignal.timeout(answerTimeoutMilliseconds);
    let response: Response;
    try {
      response = await fetch(`${this.url}${path}`, {
        ...init,
        headers: this.#headers,
        redirect: 'manual',
        signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
      });
    } catch (error) {
      init.signal?.throwIfAborted();
      throw new LoadwrightError('MASTER_LOST', `The Locust master at ${this.url} does not answer.`, {
        hint: 'Read the log of the master in the results folder: the process may have ended.',
        cause: error,
        retryable: true,
      });
    }
    if (response.ok || response.status === 404) return response;
    const login = response.status === 401 || (response.status >= 300 && response.status < 400);
    throw new LoadwrightError(
      'MASTER_PROTOCOL',
      login
        ? `The Locust master at ${this.url} refused the login.`
        : `The Locust master at ${this.url} answered ${path.split('?')[0]} with HTTP ${response.status}.`,
      { retryable: response.status >= 500 },
    );
  }
}

function redactLines(redact: (text: string) => string): Transform {
  let rest = '';
  const decoder = new TextDecoder();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      done(null, lines.map((line) => `${redact(line)}\n`).join(''));
    },
    flush(done) {
      done(null, redact(rest + decoder.decode()));
    },
  });
}
