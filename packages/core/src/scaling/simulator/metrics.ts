import type { ScalingAssumptions, ScalingMetric } from './model.js';

/** Seconds of a point with high resolution. */
export const fastPeriod = 10;
const minute = 60;

/**
 * What CloudWatch would hold: sums by the minute, and the concurrency of ten seconds. Point `i` of a period of `p` seconds covers the
 * time from `i · p` to `(i + 1) · p`.
 */
export class MetricStore {
  readonly #assumptions: ScalingAssumptions;
  readonly #invocations: number[] = [];
  readonly #perInstance: number[] = [];
  readonly #refused: number[] = [];
  /** Seconds that requests spent in the service, by ten seconds. */
  readonly #busy: number[] = [];
  readonly #concurrency: (number | undefined)[] = [];

  constructor(assumptions: ScalingAssumptions) {
    this.#assumptions = assumptions;
  }

  /** A request that was taken: each is recorded as one, divided by the instances that serve. */
  recordTaken(at: number, due: number, serving: number): void {
    const index = Math.floor(at / minute);
    add(this.#invocations, index, 1);
    add(this.#perInstance, index, 1 / serving);
    for (let window = Math.floor(at / fastPeriod); window * fastPeriod < due; window += 1) {
      const from = Math.max(at, window * fastPeriod);
      add(this.#busy, window, Math.min(due, (window + 1) * fastPeriod) - from);
    }
  }

  /** A request for which there was no instance at all. */
  recordNoCapacity(at: number): void {
    add(this.#refused, Math.floor(at / minute), 1);
  }

  /** Called at the end of ten seconds. */
  closeWindow(endsAt: number, serving: number): void {
    const window = Math.round(endsAt / fastPeriod) - 1;
    const busy = this.#busy[window] ?? 0;
    const isSilent = busy === 0 && this.#assumptions.silence === 'no-data';
    this.#concurrency[window] = serving === 0 || isSilent ? undefined : busy / fastPeriod / serving;
  }

  /** Sum (of concurrency: mean) over a period; undefined where there is no point. */
  value(metric: ScalingMetric, periodSeconds: number, index: number): number | undefined {
    if (index < 0) return undefined;
    if (metric === 'concurrency') return this.#meanConcurrency(periodSeconds, index);
    const minutes = periodSeconds / minute;
    const store = metric === 'invocations' ? this.#perInstance : this.#refused;
    const found = Array.from({ length: minutes }, (_, step) => store[index * minutes + step]);
    if (found.every((value) => value === undefined)) {
      return this.#assumptions.silence === 'zero' && metric === 'invocations' ? 0 : undefined;
    }
    return found.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  }

  /** Requests that were taken in a minute. */
  invocations(minuteIndex: number): number | undefined {
    return this.#invocations[minuteIndex];
  }

  #meanConcurrency(periodSeconds: number, index: number): number | undefined {
    const count = periodSeconds / fastPeriod;
    const found = this.#concurrency.slice(index * count, (index + 1) * count);
    const known = found.filter((value) => value !== undefined);
    if (known.length === 0) return undefined;
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  }
}

function add(store: number[], index: number, amount: number): void {
  store[index] = (store[index] ?? 0) + amount;
}
