import { messageOf } from '../errors.js';
import type { ObservedService } from '../results/observed-service.js';
import type { TargetContext } from '../target/contract.js';
import type {
  CountComparison,
  FigurePoint,
  LoadCounts,
  ObservationDefinition,
  ServiceEvent,
  ServiceReading,
} from '../target/observation-contract.js';
import { formatLength } from '../values/format.js';

/** A reading that takes longer is given up, in milliseconds. */
const longestReading = 30_000;
/** The longest time between two readings after some have failed, in seconds. */
const longestInterval = 120;
/** More values than these of one service are a mistake of its target, or the run lasts for weeks. */
const mostPoints = 200_000;
const mostEvents = 1000;
/** Problems with a text of their own; further ones are counted together. */
const mostProblems = 10;

/** What is observed, and how. */
export interface ObservedTarget<Options = unknown> {
  readonly observation: ObservationDefinition<Options>;
  readonly options: Options;
  readonly context: TargetContext;
}

/** What a service reported of its capacity. Absent: nothing. */
export interface CapacityFigures {
  readonly instances?: number;
  readonly queuedRequests?: number;
  readonly queuedSeconds?: number;
}

/** When an observation ends. */
export interface ObservationEnd {
  /** The load's beginning, in milliseconds since 1970: zero of the time axis. */
  readonly startedAt: number;
  /** The end of its last request. */
  readonly endedAt: number;
  /** How long figures that appear late are waited for. Default: as the target says. */
  readonly waitSeconds?: number | undefined;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** What the load counted; undefined: nobody knows. */
  readonly counts?: LoadCounts | undefined;
  /** Called with the seconds before they are waited for. */
  readonly onWait?: (seconds: number) => void;
}

/**
 * Reads what a service reports of itself, from {@link start} to {@link finish}: one reading at a time, with a limit of time, and less
 * often while they fail. It never rejects: what fails is a note.
 */
export class ServiceObserver {
  readonly #target: ObservedTarget;
  readonly #over = new AbortController();
  readonly #points = new Map<string, FigurePoint>();
  readonly #events = new Map<string, ServiceEvent>();
  readonly #problems = new Map<string, number>();
  readonly #readings = { good: 0, failed: 0 };
  #startedAt = 0;
  #before: ServiceReading | undefined;
  #previous: ServiceReading | undefined;
  #readAt: number | undefined;
  #wait: number;
  #running: Promise<void> = Promise.resolve();
  #leftOut = 0;

  constructor(target: ObservedTarget) {
    this.#target = target;
    this.#wait = target.observation.intervalSeconds;
  }

  start(): void {
    this.#startedAt = Date.now();
    this.#running = this.#readUntil(this.#over.signal);
  }

  /** In place of {@link start} before a load whose counts are compared: the first reading has ended, whatever came of it. */
  async startBefore(signal: AbortSignal): Promise<void> {
    this.#startedAt = Date.now();
    if (this.#target.observation.compare) this.#before = await this.#read(signal);
    this.#running = this.#readUntil(this.#over.signal);
  }

  /** Ends at once what goes on: nothing is wanted any more. */
  abandon(): void {
    this.#over.abort();
  }

  /** The highest share of what each resource has, by figure, of the values from one time to another, in milliseconds since 1970. */
  usedBetween(from: number, to: number): Record<string, number> {
    const { figures } = this.#target.observation;
    const used: Record<string, number> = {};
    for (const { figure, at, seconds, value } of this.#points.values()) {
      const full = figures[figure]?.full;
      if (full === undefined || at >= to || at + seconds * 1000 <= from) continue;
      used[figure] = Math.max(used[figure] ?? 0, Math.min(1, Math.max(0, value / full)));
    }
    return used;
  }

  /** Instances that served, and what waited in a queue, on average from one time to another, in milliseconds since 1970. */
  capacityBetween(from: number, to: number): CapacityFigures {
    const { figures } = this.#target.observation;
    const means = new Map<string, { sum: number; count: number }>();
    for (const { figure, part, at, seconds, value } of this.#points.values()) {
      if (!figures[figure]?.indicates || at >= to || at + seconds * 1000 <= from) continue;
      const key = JSON.stringify([figure, part]);
      const { sum, count } = means.get(key) ?? { sum: 0, count: 0 };
      means.set(key, { sum: sum + value, count: count + 1 });
    }
    const reported: { instances?: number; queuedRequests?: number; queuedSeconds?: number } = {};
    for (const [key, { sum, count }] of means) {
      const { indicates, unit } = figures[(JSON.parse(key) as [string])[0]]!;
      const mean = sum / count;
      if (indicates === 'instances') reported.instances = (reported.instances ?? 0) + mean;
      else if (unit === 'ms') reported.queuedSeconds = Math.max(reported.queuedSeconds ?? 0, mean / 1000);
      else reported.queuedRequests = (reported.queuedRequests ?? 0) + mean;
    }
    return reported;
  }

  /** Reads on until what belongs to the load has appeared, and says what was seen. */
  async finish({
    startedAt,
    endedAt,
    waitSeconds,
    signal,
    counts,
    onWait,
  }: ObservationEnd): Promise<ObservedService> {
    this.#over.abort();
    await this.#running;
    const { publicationSeconds = 0 } = this.#target.observation;
    const until = endedAt + (waitSeconds ?? publicationSeconds) * 1000;
    const left = (until - Date.now()) / 1000;
    if (left > 0 && !signal.aborted) {
      onWait?.(left);
      const over = new AbortController();
      void pause(left * 1000, signal).then(() => over.abort());
      await this.#readUntil(over.signal);
    }
    const after = signal.aborted ? undefined : await this.#read(signal);
    const comparison = this.#compared(after, counts);
    return { ...this.#found(startedAt, until), ...(comparison && { comparison }) };
  }

  #compared(after: ServiceReading | undefined, counts: LoadCounts | undefined): CountComparison | undefined {
    const { observation, options } = this.#target;
    if (!observation.compare || !counts) return undefined;
    const before = this.#before;
    if (before && after) return observation.compare(options, { before, after }, counts);
    const missing = before ? 'after' : 'before';
    this.#note(`Counts were not compared: the service could not be read ${missing} the load.`);
    return undefined;
  }

  async #readUntil(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#read(over);
      await pause(this.#wait * 1000, over);
    }
  }

  /** @param over What ends an observation ends a reading that is under way, too; that is no failure of it. */
  async #read(over: AbortSignal): Promise<ServiceReading | undefined> {
    const { observation, options, context } = this.#target;
    const { intervalSeconds, publicationSeconds = 0 } = observation;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error('too late')), longestReading);
    const signal = AbortSignal.any([context.signal, over, limit.signal]);
    const since = Math.max(
      this.#startedAt,
      (this.#readAt ?? 0) - (publicationSeconds + intervalSeconds) * 1000,
    );
    const begin = Date.now();
    try {
      const previous = this.#previous && { previous: this.#previous };
      const reading = await beforeAbort(
        observation.read(options, { ...context, ...previous, since, signal }),
        signal,
      );
      this.#take(reading);
      this.#previous = reading;
      this.#readAt = begin;
      this.#readings.good += 1;
      this.#wait = intervalSeconds;
      return reading;
    } catch (error) {
      if (over.aborted || context.signal.aborted) return undefined;
      this.#readings.failed += 1;
      this.#wait = Math.min(Math.max(longestInterval, intervalSeconds), this.#wait * 2);
      const why = limit.signal.aborted
        ? `no answer within ${formatLength(longestReading / 1000)}`
        : messageOf(error);
      this.#note(`The service could not be observed: ${why}`);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #take({ points, events = [], problems = [] }: ServiceReading): void {
    for (const point of points) {
      const key = JSON.stringify([point.figure, point.part, point.at]);
      if (this.#points.size < mostPoints || this.#points.has(key)) this.#points.set(key, point);
      else this.#leftOut += 1;
    }
    for (const event of events) {
      if (this.#events.size < mostEvents) this.#events.set(`${event.at} ${event.text}`, event);
    }
    for (const problem of problems) this.#note(problem);
  }

  #note(problem: string): void {
    const known = this.#problems.has(problem) || this.#problems.size < mostProblems;
    const key = known ? problem : 'Further readings had other problems.';
    this.#problems.set(key, (this.#problems.get(key) ?? 0) + 1);
  }

  #found(startedAt: number, until: number): ObservedService {
    const { figures } = this.#target.observation;
    const elapsed = (at: number) => Number(((at - startedAt) / 1000).toFixed(3));
    const byFigure = new Map<string, FigurePoint[]>();
    for (const point of this.#points.values()) {
      // What ended before the load began, or began after it, says nothing of it.
      if (point.at + point.seconds * 1000 <= startedAt || point.at > until) continue;
      const key = JSON.stringify([point.figure, point.part ?? '']);
      const own = byFigure.get(key);
      if (own) own.push(point);
      else byFigure.set(key, [point]);
    }
    const { good, failed } = this.#readings;
    return {
      readings: { good, failed },
      figures: [...byFigure.values()].map((points) => {
        const { figure, part } = points[0]!;
        const { unit, description, full } = figures[figure] ?? { unit: '', description: '' };
        return {
          ...{ name: figure, unit, description },
          ...(part !== undefined && { part }),
          ...(full !== undefined && { full }),
          points: points
            .toSorted((one, other) => one.at - other.at)
            .map(({ at, seconds, value }) => [elapsed(at), seconds, value] as const),
        };
      }),
      events: [...this.#events.values()]
        .toSorted((one, other) => one.at - other.at)
        .map(({ at, text, mark }) => ({
          elapsedSeconds: elapsed(at),
          text,
          ...(mark !== undefined && { mark }),
        })),
      notes: this.#notes(byFigure.size),
    };
  }

  #notes(figures: number): string[] {
    const { good, failed } = this.#readings;
    return [
      ...[...this.#problems].map(([problem, count]) => `${problem} (${count} of ${good + failed} readings)`),
      ...(figures === 0 && this.#problems.size === 0
        ? ['The service was observed, but reported no figure for the time of the load.']
        : []),
      ...(this.#leftOut > 0 ? [`${this.#leftOut} values were left out: there were too many.`] : []),
    ];
  }
}

function pause(milliseconds: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      over.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    over.addEventListener('abort', end);
    if (over.aborted) end();
  });
}

/** A reading that does not heed its signal is not waited for. */
function beforeAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
