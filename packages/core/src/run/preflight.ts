import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration } from '../values/duration.js';
import { isLoadwrightError, LoadwrightError } from '../errors.js';
import type { Fleet } from '../fleet/contract.js';
import type { LocustMaster } from '../locust/master.js';
import type { PreflightSummary } from '../results/summary.js';
import type { PreflightContext, PreflightReport, ResolvedEnvironment } from '../target/contract.js';
import type { PreflightAnswer } from '../target/preflight-answer.js';
import { askedFor } from '../target/preflight-command.js';
import { whileWaiting } from '../waiting.js';
import { resolveCredentials, type Credentials } from './credentials.js';
import type { Phases } from './phases.js';
import type { PreparedTest } from './prepare.js';
import { ProbeHere } from './probe-here.js';
import { numberWarnings } from './warn-of-numbers.js';
import { formatNumber } from '../values/format.js';

/** Between two requests to a service that is starting, in seconds: at first, and at most. */
const pauses = { first: 1, longest: 10 };

/** How much of the body is shown. */
const shownCharacters = 120;

type Request = PreflightContext['request'];

/**
 * The one request before a load: made on this machine before anything else where that is possible, else on the fleet
 * as soon as it is there.
 */
export class Preflight {
  readonly #test: PreparedTest;
  readonly #phases: Phases;
  #environment: ResolvedEnvironment = { variables: {} };
  #record: PreflightSummary | undefined;
  #isDue: boolean;
  readonly #isServed: boolean;
  /** When the load's request was sent first, and answered last: Unix times in seconds. */
  #firstSentAt: number | undefined;
  #answeredAt = 0;
  /** Whether the last request got no answer. */
  #isUnanswered = false;

  /**
   * @param options.skip Make none, and record that.
   * @param options.isServed Whether workers on this machine may be handed credentials as long as the caller lives. Default true.
   */
  constructor(
    test: PreparedTest,
    phases: Phases,
    { skip = false, isServed = true }: { skip?: boolean | undefined; isServed?: boolean } = {},
  ) {
    this.#isServed = isServed;
    this.#test = test;
    this.#phases = phases;
    this.#isDue = !skip && test.definition.preflight !== undefined;
    if (skip) this.#record = { skipped: true };
  }

  /** It is still to be made, on the fleet. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Undefined: it is still to be made, or the target has none. */
  get record(): PreflightSummary | undefined {
    return this.#record;
  }

  /**
   * Finds the credentials, checks that they outlive the run, and makes the request where this machine can.
   *
   * @throws LoadwrightError `CREDENTIALS_INVALID`, `PREFLIGHT_FAILED`, `PAYLOADS_INVALID`, `LOCUST_UNAVAILABLE`
   */
  async beforeFleet(fleet: Fleet): Promise<Credentials> {
    return this.#phases.in('preflight', async (detail) => {
      const credentials = await resolveCredentials(
        this.#test,
        this.#isServed && fleet.kind === 'local',
        this.#phases.signal,
      );
      this.#environment = credentials.environment;
      for (const warning of numberWarnings(this.#test)) this.#phases.warn(warning);
      if (!this.#isDue) {
        detail(this.#record?.skipped && 'skipped');
        return credentials;
      }
      const here = new ProbeHere(this.#test, fleet, credentials, this.#phases);
      try {
        detail(await this.#make((other) => here.request(other)));
      } catch (error) {
        if (!here.isImpossible) {
          await credentials.close();
          throw fleet.lasting ? this.#withFleetHint(error) : error;
        }
        detail('made by a worker, before the load');
      } finally {
        await here.close();
      }
      return credentials;
    });
  }

  /** Makes the request on a fleet whose workers are ready, unless it was made before. */
  async onFleet(master: LocustMaster): Promise<void> {
    if (!this.#isDue) return;
    const { signal } = this.#phases;
    const { definition, targetOptions } = this.#test;
    const host = definition.host(targetOptions);
    await this.#phases.in('preflight', async (detail) =>
      detail(
        await this.#make((other) =>
          whileWaiting(`the answer of ${host}`, () =>
            master.preflight({ host, ...(other && { path: askedFor(other)! }), signal }),
          ),
        ),
      ),
    );
  }

  /** @returns the summary. */
  async #make(request: Request): Promise<string> {
    const { waitUpToSeconds } = this.#test;
    const { signal } = this.#phases;
    const deadline = performance.now() + waitUpToSeconds * 1000;
    for (let attempts = 1, pause = pauses.first; ; attempts += 1) {
      try {
        const report = await this.#ask(request);
        const coldStartSeconds = attempts === 1 ? undefined : this.#answeredAt - (this.#firstSentAt ?? 0);
        this.#isDue = false;
        this.#record = {
          summary: report.summary,
          seconds: report.latencyMilliseconds / 1000,
          attempts,
          ...(coldStartSeconds !== undefined && { coldStartSeconds }),
        };
        for (const note of report.notes ?? []) this.#phases.warn(note);
        return coldStartSeconds === undefined
          ? report.summary
          : `${report.summary}, ready after ${formatDuration(coldStartSeconds)}`;
      } catch (error) {
        if (!mayPass(error) || waitUpToSeconds === 0) throw withWaitHint(error, waitUpToSeconds);
        const left = (deadline - performance.now()) / 1000;
        if (left <= 0) throw notInTime(error, waitUpToSeconds);
        this.#phases.inform(
          `The service is not ready, asking again for up to ${formatDuration(left)}: ${error.message.split('\n', 1)[0]}`,
        );
        await delay(Math.min(pause, left) * 1000, undefined, { signal });
        pause = Math.min(pause * 1.5, pauses.longest);
      }
    }
  }

  async #ask(request: Request): Promise<PreflightReport> {
    const { definition, targetOptions, environment, baseDirectory } = this.#test;
    return definition.preflight!(targetOptions, {
      environment,
      baseDirectory,
      signal: this.#phases.signal,
      resolvedEnvironment: this.#environment,
      request: async (other) => {
        const answer = await request(other);
        this.#isUnanswered = answer.request !== null && answer.answer === null;
        if (other === undefined || 'name' in other) this.#note(answer);
        return answer;
      },
    });
  }

  /** A service in a private network answers machines there, and not this one. */
  #withFleetHint(error: unknown): unknown {
    if (!this.#isUnanswered || !isLoadwrightError(error) || error.code !== 'PREFLIGHT_FAILED') return error;
    return withHint(error, 'If the machines of the fleet reach it and this one does not: --skip-preflight.');
  }

  #note(answer: PreflightAnswer): void {
    if (this.#firstSentAt === undefined) {
      this.#firstSentAt = answer.sentAt;
      this.#showBody(answer);
    }
    this.#answeredAt = answer.sentAt + answer.seconds;
  }

  /** Which of its payloads, and as what: a list in a file may be one body or many. */
  #showBody({ request }: PreflightAnswer): void {
    if (request === null || request.body.bytes === 0) return;
    const { bytes, text, base64 = '', isCut } = request.body;
    const whole = (text ?? `base64 ${base64}`).replace(/\s+/g, ' ');
    const beginning = whole.slice(0, shownCharacters);
    const cut = isCut || beginning.length < whole.length ? '…' : '';
    const row = request.row === null ? '' : `, payload ${request.row}`;
    this.#phases.inform(`Body of the request: ${beginning}${cut} (${formatNumber(bytes)} bytes${row})`);
  }
}

function mayPass(error: unknown): error is LoadwrightError {
  return isLoadwrightError(error) && error.code === 'PREFLIGHT_FAILED' && error.retryable;
}

function withWaitHint(error: unknown, waitUpToSeconds: number): unknown {
  if (!mayPass(error) || waitUpToSeconds > 0) return error;
  const hint =
    `${error.hint ?? ''} To wait for a service that is starting: --preflight-wait-up-to 10m.`.trim();
  return new LoadwrightError(error.code, error.message, {
    hint,
    next: error.next,
    cause: error,
    retryable: true,
  });
}

function withHint(error: LoadwrightError, more: string): LoadwrightError {
  const { code, message, next, retryable } = error;
  const hint = [error.hint, more].filter((text) => text).join(' ');
  return new LoadwrightError(code, message, { hint, next, cause: error, retryable });
}

function notInTime(error: LoadwrightError, seconds: number): LoadwrightError {
  return new LoadwrightError(
    'PREFLIGHT_FAILED',
    `The service was not ready within ${formatDuration(seconds)}. ${error.message}`,
    {
      ...(error.hint !== undefined && { hint: error.hint }),
      next: error.next,
      cause: error,
      retryable: true,
    },
  );
}
