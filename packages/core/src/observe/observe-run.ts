import type { MasterStatistics } from '../locust/statistics.js';
import type { ObservedService } from '../results/observed-service.js';
import type { Phases } from '../run/phases.js';
import type { PreparedTest } from '../run/prepare.js';
import { formatLength } from '../values/format.js';
import { observationOf } from './observation-of.js';
import type { ObserveOptions } from './options.js';
import { ServiceObserver, type ObservationEnd } from './service-observer.js';

/** An observer of a test's service, which has begun. Undefined: its target cannot observe it. */
export function observerOf(test: PreparedTest, signal: AbortSignal): ServiceObserver | undefined {
  const observer = madeFor(test, signal);
  observer?.start();
  return observer;
}

function madeFor(
  { definition, targetOptions, environment, baseDirectory }: PreparedTest,
  signal: AbortSignal,
): ServiceObserver | undefined {
  const observation = observationOf(definition);
  if (!observation) return undefined;
  return new ServiceObserver({
    ...{ observation, options: targetOptions, context: { environment, baseDirectory, signal } },
  });
}

/** The observation of a service of which nothing can be read. */
export function unobserved(kind: string): ObservedService {
  return {
    ...{ readings: { good: 0, failed: 0 }, figures: [], events: [] },
    notes: [`The target ${kind} cannot observe its service: nothing was observed.`],
  };
}

/**
 * When a service had to do with a load: until the last request was answered, which is after the last one began.
 *
 * @param begin Of the run, where nobody knows that of the load.
 */
export function spanOf(
  statistics: Pick<MasterStatistics, 'test' | 'time'> | undefined,
  begin: Date,
): Pick<ObservationEnd, 'startedAt' | 'endedAt'> {
  const { startedAt, endedAt = statistics?.time, settledAt = endedAt } = statistics?.test ?? {};
  return {
    startedAt: startedAt === undefined ? begin.getTime() : startedAt * 1000,
    endedAt: settledAt === undefined ? Date.now() : settledAt * 1000,
  };
}

/** The observation of one run. */
export class RunObserver {
  readonly #kind: string;
  readonly #observer: ServiceObserver | undefined;
  readonly #options: ObserveOptions;

  constructor(test: PreparedTest, options: ObserveOptions) {
    this.#kind = test.definition.kind;
    this.#options = options;
    // Without the signal of the run: what was seen of a load that somebody stopped is still worth its place.
    this.#observer = madeFor(test, new AbortController().signal);
  }

  /** Before the load: where counts are to be compared, the service has been read by then. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#observer?.startBefore(signal);
  }

  abandon(): void {
    this.#observer?.abandon();
  }

  async finish(
    end: Pick<ObservationEnd, 'startedAt' | 'endedAt' | 'counts'>,
    phases: Phases,
  ): Promise<ObservedService> {
    if (!this.#observer) return unobserved(this.#kind);
    return this.#observer.finish({
      ...end,
      waitSeconds: this.#options.waitSeconds,
      signal: phases.signal,
      onWait: (seconds) =>
        phases.inform(
          `Figures of the service appear late: they are read for ${formatLength(seconds)} more. Stopping leaves them out.`,
        ),
    });
  }
}
