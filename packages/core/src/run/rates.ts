import type { MasterStatistics } from '../locust/statistics.js';

/** How long a worker's report may be under way, in seconds: they come once a second. */
const reportDelay = 15;

/**
 * Requests and failures by second, gathered from one reading of the master to the next: a reading that covers the whole
 * run would grow with its length.
 */
export class RatesBySecond {
  readonly #requests = new Map<number, number>();
  readonly #failures = new Map<number, number>();
  #since: number;

  /** @param startedAt The master's clock when the load began, Unix time in seconds. */
  constructor(startedAt: number) {
    this.#since = Math.floor(startedAt) - 1;
  }

  /** The Unix second from which the next reading must be complete. */
  get since(): number {
    return this.#since;
  }

  /** Takes over a reading. @returns the same reading. */
  add(statistics: MasterStatistics): MasterStatistics {
    for (const [second, count] of statistics.total.requestsPerSecond) this.#requests.set(second, count);
    for (const [second, count] of statistics.total.failuresPerSecond) this.#failures.set(second, count);
    this.#since = Math.max(this.#since, Math.floor(statistics.time) - reportDelay);
    return statistics;
  }

  /** What happened in a second, 0 when nothing did. */
  at(second: number): { requestsPerSecond: number; failuresPerSecond: number } {
    return {
      requestsPerSecond: this.#requests.get(second) ?? 0,
      failuresPerSecond: this.#failures.get(second) ?? 0,
    };
  }

  /**
   * When so many requests had ended since the load began, on the workers' clocks.
   *
   * @returns Unix time in seconds; undefined when fewer ended, or none is asked for.
   */
  reached(count: number): number | undefined {
    let missing = count;
    if (missing === 0) return undefined;
    for (const [second, requests] of [...this.#requests].sort(([first], [next]) => first - next)) {
      if (requests >= missing) return second + missing / requests;
      missing -= requests;
    }
    return undefined;
  }
}
