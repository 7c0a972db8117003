import { Transform } from 'node:stream';
import { parse } from 'csv-parse';
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import { writeWholeStream } from '../files.js';
import type { FleetHandle, MasterLogin } from '../fleet/contract.js';
import type { JsonObject } from '../values/json.js';
import type { TestLoad } from '../load/plan.js';
import { csvCell } from '../values/printable.js';
import { preflightAnswerSchema, type PreflightAnswer } from '../target/preflight-answer.js';
import { seriesUpdateSchema, type SeriesUpdate } from '../series/rows.js';
import { whileWaiting } from '../waiting.js';
import { pinnedFetch, refusalOf } from './pinned-fetch.js';
import type { MasterStatistics } from './statistics.js';
import { masterStatisticsSchema } from './statistics-schema.js';

/** Longest time for one answer, unless a call says otherwise. */
const answerTimeoutMilliseconds = 30_000;
/** How much longer than the grace period the master may take to stop a load: workers' last reports come once a second. */
const stopMarginSeconds = 10;

/** Longest time for one request to the system under test: the master itself ends it by the target's time-out. */
const preflightTimeoutMilliseconds = 15 * 60_000;

/** What a load has unless it says otherwise: see `gracefulStop`. */
const defaultGraceSeconds = 30;

/** What Locust and the runtime say to a wish. */
const actionAnswer = z.object({ success: z.boolean(), message: z.string() });

const requestRows = z.object({
  rows: z.array(z.record(z.string(), z.json())),
  next: z.number(),
  leftOut: z.number(),
}) satisfies z.ZodType<RequestRows>;

const masterBundleSchema = z.object({
  target: z.record(z.string(), z.json()),
  files: z.record(z.string(), z.string()),
}) satisfies z.ZodType<MasterBundle>;

const masterLogsSchema = z.object({
  master: z.array(z.string()),
  workers: z.record(z.string(), z.array(z.string())),
}) satisfies z.ZodType<MasterLogs>;

/** Requests that were logged one by one. */
export interface RequestRows {
  readonly rows: readonly JsonObject[];
  /** What to ask after the next time. */
  readonly next: number;
  /** How many were to be logged so far, and were not, because there were too many. */
  readonly leftOut: number;
}

/** What a master runs. */
export interface MasterBundle {
  /** The content of `target.json`. */
  readonly target: JsonObject;
  /** SHA-256 of its files by their paths. */
  readonly files: Readonly<Record<string, string>>;
}

/** The log lines that a master has. Oldest first. */
export interface MasterLogs {
  readonly master: readonly string[];
  /** By the worker's id. Workers send their lines a few seconds later. */
  readonly workers: Readonly<Record<string, readonly string[]>>;
}

/** What a test is started with: a load of its own, or numbers for that of the bundle. */
export type Swarm = (
  | { readonly load: TestLoad }
  /** `spawnRate`: users started a second. */
  | { readonly users: number; readonly spawnRate: number }
) & {
  /** Base URL of the system under test. Default: that of the test before, at first that of the bundle. */
  readonly host?: string;
  /** The id of the run that judges the test: nobody else may change or end it then. */
  readonly run?: string;
  /** Lets the web UI change and end the test all the same; what is done is recorded. */
  readonly interactive?: boolean;
};

/** How a load is ended. */
export interface StopOptions {
  /** The id of the run that ends its own load. */
  readonly run?: string;
  /** Who ends the load of somebody else, for the record: `loadwright stop`. */
  readonly by?: string;
  /** How long requests in flight may still take, in seconds. Default: the grace period of the load. */
  readonly graceSeconds?: number;
  readonly signal?: AbortSignal;
  /** Longest time for the answer. Default: 10 s more than the grace period, or than 30 s. */
  readonly timeoutMilliseconds?: number;
}

/** How a question is asked. */
export interface AskOptions {
  readonly signal?: AbortSignal;
  /** Longest time for one answer. Default 30 s. */
  readonly timeoutMilliseconds?: number;
  /** How often it is asked again when nobody answers. Default 4. */
  readonly retries?: number;
}

/** How to reach a master. */
export interface LocustMasterOptions {
  /** Base URL of the web UI, without a trailing slash. */
  readonly url: string;
  readonly login?: MasterLogin;
  /** The only certificate that it may show, as PEM. Empty: it is not known yet, and nothing is sent. */
  readonly certificate?: string | undefined;
}

/** The client of a fleet's master. */
export function masterOf({
  masterUrl: url,
  login,
  certificate,
}: Pick<FleetHandle, 'masterUrl' | 'login' | 'certificate'>): LocustMaster {
  return new LocustMaster({ url, login, certificate });
}

/**
 * A typed client of the web API of a Locust master that runs a Loadwright bundle.
 *
 * It never sends `run_time`: Locust's timer outlives a stop and would end the next run.
 */
export class LocustMaster {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** Absent: its certificate is not known yet. */
  readonly #send: typeof fetch | undefined;

  /** @throws LoadwrightError `PROVISIONING_FAILED` when its certificate is none. */
  constructor(options: LocustMasterOptions) {
    this.url = options.url.replace(/\/$/, '');
    this.#headers = options.login ? { authorization: `Bearer ${options.login.password}` } : {};
    const { certificate } = options;
    if (certificate === undefined) this.#send = (input, init) => fetch(input, init);
    else if (certificate !== '') this.#send = pinnedFetch(certificate);
  }

  /**
   * Starts a test.
   *
   * With numbers the `load.json` of the bundle holds, whose users and rate they stand for; Locust ignores them when it
   * has stages. They reshape a test that runs. With a load of its own the test ends by itself when that is over, and
   * must not be started before every worker is back from the one before: see `waitForWorkers`.
   *
   * @throws LoadwrightError `MASTER_PROTOCOL` when the master refuses, and says why.
   */
  async swarm(swarm: Swarm, signal?: AbortSignal): Promise<void> {
    const { users, spawnRate } = 'load' in swarm ? swarm.load : swarm;
    // Form-encoded: Locust ignores a JSON body.
    const body = new URLSearchParams({
      user_count: String(users),
      spawn_rate: String(spawnRate),
      ...(swarm.host !== undefined && { host: swarm.host }),
      ...('load' in swarm && { loadwright_load: JSON.stringify(swarm.load) }),
      ...(swarm.run !== undefined && { loadwright_run: swarm.run }),
      ...(swarm.interactive && { loadwright_interactive: '1' }),
    });
    const response = await this.#fetch(
      '/swarm',
      { method: 'POST', body, ...(signal && { signal }) },
      [400, 409],
    );
    // Locust itself refuses with HTTP 200.
    const answer = response.ok ? actionAnswer.safeParse(await this.#jsonOf(response)) : undefined;
    if (answer?.data?.success) return;
    const reason = answer
      ? (answer.data?.message ?? 'its answer is not understood')
      : (await response.text()).replace(/\.$/, '');
    throw new LoadwrightError('MASTER_PROTOCOL', `Locust did not start the load: ${reason}.`, {
      ...(answer && { hint: 'Read the log of the master in the results folder.' }),
    });
  }

  /**
   * Ends the load: no request begins any more, those in flight get the grace period. Returns when every worker has handed
   * over its last figures.
   *
   * @throws LoadwrightError `MASTER_PROTOCOL` when the master refuses or the workers do not stop in time, and says why.
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const { run, by, graceSeconds, signal } = options;
    const limitSeconds = (graceSeconds ?? defaultGraceSeconds) + stopMarginSeconds;
    const body = new URLSearchParams({
      ...(run !== undefined && { run }),
      ...(by !== undefined && { by }),
      ...(graceSeconds !== undefined && { grace: String(graceSeconds) }),
    });
    const response = await this.#retrying(
      '/loadwright/stop',
      {
        ...(signal && { signal }),
        timeoutMilliseconds: options.timeoutMilliseconds ?? limitSeconds * 1000,
        retries: 1,
      },
      { init: { method: 'POST', body }, understood: [400, 409] },
    );
    if (!response.ok) throw notStopped((await response.text()).replace(/\.$/, ''));
    const { success, message } = await this.#parse('answer to the stop', actionAnswer, response);
    if (!success) throw notStopped(message.replace(/\.$/, ''));
  }

  /**
   * Says that there are about to be so many workers, so that those that leave are not taken for lost. Of a load that runs the
   * moment is written down.
   *
   * @param options
   * @param options.by Who says so, for the record.
   */
  async scale(
    workers: number,
    { by, ...options }: AskOptions & { readonly by?: string } = {},
  ): Promise<void> {
    const body = new URLSearchParams({ workers: String(workers), ...(by !== undefined && { by }) });
    const response = await this.#retrying('/loadwright/scale', options, { init: { method: 'POST', body } });
    await this.#parse('answer to the scaling', actionAnswer, response);
  }

  /** The merged statistics of all workers, of the test that runs or ran last. */
  async statistics(options: AskOptions = {}): Promise<MasterStatistics> {
    const response = await this.#retrying('/loadwright/statistics', options);
    return this.#parse('statistics', masterStatisticsSchema, response);
  }

  /**
   * The figures by second of that test.
   *
   * @param after The revision of the answer before: only what has come since is answered, and of that a part when it is
   * much: see `more`. Default: everything.
   */
  async series(after = 0, options: AskOptions = {}): Promise<SeriesUpdate> {
    const response = await this.#retrying(`/loadwright/series?after=${after}`, options);
    return this.#parse('series', seriesUpdateSchema, response);
  }

  /**
   * One request to the system under test by one of the workers, in no figures. No load may run, and a worker must be
   * ready.
   *
   * @param options.path A path of the host that is asked for with GET. Default: the load's next request.
   * @param options.host One of the bundle's. Default: as for {@link swarm}.
   * @throws LoadwrightError `MASTER_PROTOCOL` when the master refuses, and says why.
   */
  async preflight(
    options: { path?: string; host?: string; signal?: AbortSignal } = {},
  ): Promise<PreflightAnswer> {
    const { path, host } = options;
    const body = new URLSearchParams({
      ...(path !== undefined && { path }),
      ...(host !== undefined && { host }),
    });
    const response = await this.#fetch(
      '/loadwright/preflight',
      { method: 'POST', body, ...(options.signal && { signal: options.signal }) },
      [409, 504],
      preflightTimeoutMilliseconds,
    );
    if (response.ok) return this.#parse('preflight', preflightAnswerSchema, response);
    throw new LoadwrightError(
      'MASTER_PROTOCOL',
      `The fleet made no request before the load: ${await response.text()}.`,
      { hint: 'Look at the state and the logs of the fleet, or skip the preflight: --skip-preflight.' },
    );
  }

  /**
   * Requests that the load logs, see `logRequests`.
   *
   * @param after `next` of the answer before; the master lets go of what came before it.
   */
  async requests(after = 0, options: AskOptions = {}): Promise<RequestRows> {
    const response = await this.#retrying(`/loadwright/requests?after=${after}`, options);
    return this.#parse('log of requests', requestRows, response);
  }

  /** What the fleet was deployed with. No load may run. */
  async bundle(options: AskOptions = {}): Promise<MasterBundle> {
    return this.#parse('bundle', masterBundleSchema, await this.#retrying('/loadwright/bundle', options));
  }

  /** The last log lines of the master and of each worker, at most 500 each. They may hold what a target logs. */
  async logs(options: { signal?: AbortSignal } = {}): Promise<MasterLogs> {
    const response = await this.#retrying('/logs', options);
    return this.#parse('logs', masterLogsSchema, response);
  }

  /**
   * Saves an answer as a file, text passing through `redact` line by line.
   *
   * @returns false when Locust has no such file (404).
   */
  async download(
    path: string,
    destination: string,
    redact: (text: string) => string,
    options: AskOptions = {},
  ): Promise<boolean> {
    const response = await this.#retrying(path, options, { understood: [404] });
    const { body } = response;
    if (!body) return false;
    try {
      if (response.status === 404) return false;
      await writeWholeStream(destination, body, {
        transforms: [redactLines(redact), ...(destination.endsWith('.csv') ? harmlessCsv() : [])],
      });
      return true;
    } finally {
      // Also where nothing of it was read, for lack of a place to write it to: what is left open ends by an error that nobody hears.
      await body.cancel().catch(() => {});
    }
  }

  /** @throws LoadwrightError `MASTER_PROTOCOL` for an answer of another shape, also one that is no JSON. */
  async #parse<Value>(what: string, schema: z.ZodType<Value>, response: Response): Promise<Value> {
    const json = await this.#jsonOf(response);
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const reason = json === undefined ? 'they are no JSON' : z.prettifyError(parsed.error);
    throw new LoadwrightError('MASTER_PROTOCOL', `The ${what} of ${this.url} are not understood: ${reason}`, {
      hint: 'The bundle and Loadwright must be of the same version: render the bundle again.',
    });
  }

  /** @returns undefined for an answer that is no JSON. */
  #jsonOf(response: Response): Promise<unknown> {
    return response.json().catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined;
      // It broke off within the answer.
      throw this.#lost(error);
    });
  }

  #lost(cause: unknown): LoadwrightError {
    return new LoadwrightError('MASTER_LOST', `The Locust master at ${this.url} does not answer.`, {
      hint: 'Its process may have ended: see the state of its fleet and its log, which a run has in its results folder.',
      cause,
      retryable: true,
    });
  }

  /** Undefined when it is not the certificate that failed. */
  #refused(cause: unknown): LoadwrightError | undefined {
    const refusal = refusalOf(cause);
    if (refusal === undefined) return undefined;
    const [message, hint] =
      refusal === 'time'
        ? [
            `The certificate of the master at ${this.url} is not valid at the time of this machine.`,
            'Set the clock of this machine.',
          ]
        : [
            `Whoever answers at ${this.url} shows another certificate than the machine of the master has made. Nothing was sent there.`,
            'A machine that was started again has a new one: run the command again. If it says the same, somebody is in between.',
          ];
    return new LoadwrightError('MASTER_PROTOCOL', message, { hint, cause });
  }

  async #retrying(
    path: string,
    { signal, timeoutMilliseconds, retries = 4 }: AskOptions = {},
    { init = {}, understood }: { init?: RequestInit; understood?: readonly number[] } = {},
  ): Promise<Response> {
    const attempt = async () => {
      try {
        return await this.#fetch(
          path,
          { ...init, ...(signal && { signal }) },
          understood,
          timeoutMilliseconds,
        );
      } catch (error) {
        throw error instanceof LoadwrightError && !error.retryable ? new AbortError(error) : error;
      }
    };
    return pRetry(attempt, { retries, minTimeout: 100, maxTimeout: 2000, ...(signal && { signal }) });
  }

  /** @throws LoadwrightError `MASTER_LOST` (retryable) when nobody answers, `MASTER_PROTOCOL` for a wrong answer. */
  async #fetch(
    path: string,
    init: RequestInit,
    understood: readonly number[] = [],
    timeoutMilliseconds = answerTimeoutMilliseconds,
  ): Promise<Response> {
    // Of whole milliseconds alone: what is left of a time is seldom that.
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMilliseconds));
    const send = this.#send;
    if (!send) throw this.#lost('its certificate is not known yet');
    let response: Response;
    try {
      response = await whileWaiting(`the Locust master at ${this.url}`, () =>
        send(`${this.url}${path}`, {
          ...init,
          headers: this.#headers,
          redirect: 'manual',
          signal: init.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
        }),
      );
    } catch (error) {
      init.signal?.throwIfAborted();
      throw this.#refused(error) ?? this.#lost(error);
    }
    if (response.ok || understood.includes(response.status)) return response;
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

function notStopped(reason: string): LoadwrightError {
  return new LoadwrightError('MASTER_PROTOCOL', `The load could not be stopped: ${reason}.`);
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

/** Locust writes names and errors as they are: a spreadsheet would take some for formulas. */
function harmlessCsv(): Transform[] {
  const write = new Transform({
    writableObjectMode: true,
    transform(cells: readonly string[], _encoding, done) {
      done(null, `${cells.map(csvCell).join(',')}\n`);
    },
  });
  return [parse({ relax_column_count: true, relax_quotes: true, skip_empty_lines: true }), write];
}
