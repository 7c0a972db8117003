import { join, resolve } from 'node:path';
import { LoadwrightError } from '../errors.js';
import type { Fleet, FleetHandle } from '../fleet/contract.js';
import { makeFolder, writeWhole } from '../files.js';
import { masterOf } from '../locust/master.js';
import type { LoadTestOptions } from '../run/contract.js';
import type { OnProgress } from '../run/events.js';
import { deployLoadTest } from '../fleet/deploy.js';
import type { OpenedFleet } from '../fleet/opened-fleet.js';
import { digestPayloads } from '../payloads/write.js';
import { prepare, type PreparedTest } from '../run/prepare.js';
import { createRunId } from '../run/run-id.js';
import { removeFleet } from '../fleet/provision.js';
import { observerOf, unobserved } from '../observe/observe-run.js';
import type { ObserveOptions } from '../observe/options.js';
import type { ServiceObserver } from '../observe/service-observer.js';
import type { ObservedService } from '../results/observed-service.js';
import { Phases } from '../run/phases.js';
import {
  isChangeable,
  requireNotSuspended,
  requireSuspendable,
  whileSuspended,
  type ScaledEndpoint,
} from '../scaling/change.js';
import { snapshotFileOf } from '../scaling/snapshot.js';
import { formatDuration } from '../values/duration.js';
import { findCauses } from './causes.js';
import type { Budget, Prices, SearchEvent, SearchResult } from './contract.js';
import { renderCalibrationHtml } from './page/html.js';
import { Journal, journalFile } from './journal.js';
import { FleetMeasurer } from './measure-fleet.js';
import { parseTiers, type MeasuredTier, type TierInput } from './objectives.js';
import { calibrationOf, type Calibration } from './result.js';
import { gracefulStopSeconds } from './plan.js';
import { pricesOf, requireRequestPrice } from './prices.js';
import { searchCapacity } from './search/search.js';

/** What is calibrated, where the load comes from, and what it may spend. */
export interface CalibrateOptions extends Pick<
  LoadTestOptions,
  'target' | 'workers' | 'preflight' | 'name' | 'baseDirectory' | 'environment'
> {
  /** Where the load comes from: `localFleet()`. Its workers are started once, and make all trials. */
  readonly fleet: Fleet;
  /** A deployed fleet of that kind, which stays. Default: one is deployed, and removed afterwards. */
  readonly on?: OpenedFleet;
  /** Of the fleet, an hour, in US dollars, with all of its parts. Default: what its plan says; of the fleet `on`: not known. */
  readonly usDollarsPerHour?: number;
  /** What has to hold; the capacity of each tier is found. */
  readonly tiers: readonly TierInput[];
  /** Time of all trials, requests and money: money only where every price is known. */
  readonly budget: Budget;
  /** Of one request to the service, in US dollars. 0: it costs nothing more than is paid anyway. Default: not known. */
  readonly usDollarsPerRequest?: number;
  /** Wanted width of the interval, as a share of its middle. Default 0.1. */
  readonly precision?: number;
  /** Of the interval. Default 0.95. */
  readonly confidence?: number;
  /** The first rate, in requests a second. Default 10. */
  readonly startRate?: number;
  /** No rate is higher. Default 100,000. */
  readonly highestRate?: number;
  /** Length of the load before anything is judged, in seconds. Default 5. */
  readonly warmUpSeconds?: number;
  /** Default `poisson`: callers do not know of each other. */
  readonly arrivals?: 'constant' | 'poisson';
  /** The most requests on their way at once. Default 10,000. */
  readonly maxInFlight?: number;
  /** Suspends what scales the service by itself, and puts it back, where the target can. Default true. */
  readonly suspendScaling?: boolean;
  /** Rules of validity that do not make a level INVALID. */
  readonly tolerate?: readonly string[];
  /** Parent of `{name}/{id}/`. Default: `results` in the base directory. */
  readonly resultsDirectory?: string;
  /** Names the calibration. One that was interrupted goes on under its id. Default: a new id. */
  readonly id?: string;
  /**
   * What the service is: an interrupted calibration goes on with the same one alone. Default: address and options of the target, secrets
   * left out; for a service with another address each time, such as an emulator.
   */
  readonly service?: unknown;
  readonly skipPreflight?: boolean;
  /** Read what the service reports of itself, for the resource that limits it. Default: no. */
  readonly observe?: boolean | ObserveOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly onEvent?: (event: SearchEvent) => void;
}

const defaults = {
  ...{ precision: 0.1, confidence: 0.95, startRate: 10, highestRate: 100_000, warmUpSeconds: 5 },
  ...{ arrivals: 'poisson', maxInFlight: 10_000, tolerate: [] },
} as const satisfies Partial<CalibrateOptions>;

/**
 * Finds the highest arrival rate at which objectives hold, and writes `calibration.json` and `calibration.html`.
 *
 * @throws LoadwrightError for options and objectives, before anything is made; when no fleet could be made or was lost; `ABORTED`. The trials so far
 * are kept, and the same id goes on from them.
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  const settings: Settings = { ...defaults, ...options };
  requireNumbers(settings);
  requireRequestPrice(options);
  const { target, workers, preflight, name, baseDirectory, environment, suspendScaling = true } = options;
  const test = prepare({
    ...{ target, load: longest(options.budget.seconds) },
    ...(workers !== undefined && { workers }),
    ...(preflight && { preflight }),
    ...(name !== undefined && { name }),
    ...(baseDirectory !== undefined && { baseDirectory }),
    ...(environment && { environment }),
  });
  const tiers = parseTiers(
    options.tiers,
    test.definition.metrics,
    test.definition.requestNames?.(test.targetOptions),
  );
  if ((test.definition.stagingStatements?.(test.targetOptions) ?? []).length > 0) throw putsInputs();
  const id = options.id ?? createRunId();
  const results = resolve(test.baseDirectory, options.resultsDirectory ?? 'results');
  const directory = join(results, test.name, id);
  await makeFolder(directory);
  const journal = new Journal(join(directory, journalFile));
  const { arrivals, confidence, startRate } = settings;
  const purpose = {
    name: test.name,
    target: test.definition.kind,
    arrivals,
    confidence,
    startRate,
    tiers: options.tiers,
    // Trials of another endpoint, or with other payloads, are none of this capacity.
    service: options.service ?? [
      test.definition.host(test.targetOptions),
      test.configuration['target'] ?? null,
    ],
    payloads: await payloadsOf(test, options.signal),
  };
  const earlier = await journal.open(purpose);
  const scaled = scaledEndpointOf(test, results, options);
  // Before a fleet costs anything.
  if (scaled) await (suspendScaling ? requireSuspendable(scaled, id) : requireNotSuspended(scaled));
  const startedAt = new Date();
  const { found, observed, instances } = await withFleet(test, options, (handle, prices) => {
    const work = async () => {
      const before = await countInstances(scaled);
      const searched = await observing(test, options, (observer) =>
        search({ test, tiers, settings, handle, prices, journal, earlier, id, observer }),
      );
      const after = before === undefined ? undefined : await countInstances(scaled);
      return { ...searched, ...(after !== undefined && { instances: { before: before!, after } }) };
    };
    return scaled && suspendScaling ? whileSuspended(scaled, work, id) : work();
  });
  const { budget, precision } = settings;
  const calibration = calibrationOf(found, {
    ...{ name: test.name, id, startedAt, endedAt: new Date(), tiers, budget, precision, directory },
    target: { kind: test.definition.kind, host: test.definition.host(test.targetOptions) },
    fleet: options.fleet.kind,
    ...(observed && { observed }),
    ...(instances && { instances }),
  });
  await writeWhole(join(directory, 'calibration.json'), `${JSON.stringify(calibration, null, 2)}\n`);
  await writeWhole(join(directory, 'calibration.html'), await renderCalibrationHtml(calibration));
  return calibration;
}

/** The digest of its payloads; null: it has none. */
async function payloadsOf(
  { definition, targetOptions, baseDirectory }: PreparedTest,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const source = definition.payloads?.(targetOptions);
  return source === undefined ? null : digestPayloads(source, { baseDirectory, ...(signal && { signal }) });
}

type Settings = Required<Pick<CalibrateOptions, keyof typeof defaults>> & CalibrateOptions;

interface Work {
  readonly test: PreparedTest;
  readonly tiers: readonly MeasuredTier[];
  readonly settings: Settings;
  readonly handle: FleetHandle;
  readonly prices: Prices | undefined;
  readonly journal: Journal;
  readonly earlier: Awaited<ReturnType<Journal['open']>>;
  readonly id: string;
  readonly observer: ServiceObserver | undefined;
}

/** A search, and how much of the service's resources each of its trials used: known once its figures have appeared. */
interface Searched {
  readonly found: SearchResult;
  readonly used: () => SearchResult;
}

/** Observes the service while it is searched, if that is wanted. */
async function observing(
  test: PreparedTest,
  { observe, signal = new AbortController().signal, onProgress }: CalibrateOptions,
  work: (observer: ServiceObserver | undefined) => Promise<Searched>,
): Promise<{ found: SearchResult; observed?: ObservedService }> {
  if (!observe) return { found: (await work(undefined)).found };
  const observer = observerOf(test, signal);
  if (!observer) return { found: (await work(undefined)).found, observed: unobserved(test.definition.kind) };
  const startedAt = Date.now();
  try {
    const { used } = await work(observer);
    const observed = await observer.finish({
      ...{ startedAt, endedAt: Date.now(), signal },
      ...(observe !== true && { waitSeconds: observe.waitSeconds }),
      onWait: (seconds) =>
        new Phases(onProgress ? { onProgress } : {}).inform(
          `Figures of the service appear late: they are read for ${formatDuration(Math.ceil(seconds))} more.`,
        ),
    });
    return { found: used(), observed };
  } finally {
    observer.abandon();
  }
}

function putsInputs(): LoadwrightError {
  return new LoadwrightError(
    'CONFIG_INVALID',
    'target: its inputs are put into a store before each load, and a calibration makes many loads',
    { hint: 'Send inputs within the requests, or name such that lie in the store already.' },
  );
}

async function search(work: Work): Promise<Searched> {
  const { test, tiers, settings, handle, prices, journal, earlier, id, observer } = work;
  const tolerance = test.definition.clockToleranceSeconds;
  const measurer = new FleetMeasurer({
    ...{ handle, master: masterOf(handle), host: test.definition.host(test.targetOptions) },
    conditions: tiers.flatMap(({ conditions }) => conditions),
    ...{ arrivals: settings.arrivals, maxInFlight: settings.maxInFlight, gracefulStopSeconds },
    ...{ tolerate: settings.tolerate, runId: id, observer },
    clockToleranceSeconds: typeof tolerance === 'function' ? tolerance(test.targetOptions) : tolerance,
  });
  const { budget, precision, confidence, startRate, highestRate, warmUpSeconds } = settings;
  let known = earlier.length;
  const found = await searchCapacity(measurer, {
    ...{ tiers, budget, precision, confidence, startRate, highestRate, warmUpSeconds, earlier },
    ...(prices && { prices }),
    ...(settings.signal && { signal: settings.signal }),
    onEvent: async (event) => {
      if (event.type === 'trial' && known-- <= 0) await journal.add(event.trial);
      settings.onEvent?.(event);
    },
  });
  if (found.end === 'aborted')
    throw new LoadwrightError(
      'ABORTED',
      `The calibration ${id} was stopped after ${found.trials.length} trials.`,
      {
        hint: `They are kept: it goes on with the same options and --resume ${id}.`,
      },
    );
  const used = () => {
    const trials = found.trials.map((trial, index) => {
      const span = measurer.spans[index - earlier.length];
      if (!observer || !span) return trial;
      return { ...trial, ...observer.capacityBetween(...span), resources: observer.usedBetween(...span) };
    });
    return { ...found, trials, causes: findCauses(trials, found.capacities, tiers) };
  };
  return { found, used };
}

/** The fleet that makes the trials, with what things cost: a deployed one, or one that goes afterwards. */
async function withFleet<Value>(
  test: PreparedTest,
  options: CalibrateOptions,
  work: (handle: FleetHandle, prices: Prices | undefined) => Promise<Value>,
): Promise<Value> {
  const { fleet, on, signal, onProgress, resultsDirectory, skipPreflight } = options;
  if (on) return work(on.handle, pricesOf(options));
  const phases = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  let prices: Prices | undefined;
  let agreedAt = 0;
  const { handle } = await deployLoadTest(test, {
    ...phases,
    fleet,
    ...(resultsDirectory !== undefined && { resultsDirectory }),
    ...(skipPreflight !== undefined && { skipPreflight }),
    agree: async ({ plan }) => {
      prices = pricesOf(options, plan.pricePerHour);
      agreedAt = performance.now();
    },
  });
  try {
    return await work(handle, prices && startedSince(agreedAt, prices));
  } finally {
    await removeFleet(handle, fleet, new Phases(onProgress ? { onProgress } : {}));
  }
}

/** With what the fleet has cost since it was begun: its machines are paid for while they start. */
function startedSince(begunAt: number, prices: Prices): Prices {
  const hours = (performance.now() - begunAt) / 3_600_000;
  return { ...prices, usDollarsBefore: hours * prices.usDollarsPerHour };
}

/** What scales by itself; undefined: nothing that can be suspended. */
function scaledEndpointOf(
  { definition, targetOptions, environment, baseDirectory }: PreparedTest,
  results: string,
  { signal = new AbortController().signal }: CalibrateOptions,
): ScaledEndpoint | undefined {
  const { scaling, kind } = definition;
  if (!isChangeable(scaling)) return undefined;
  return {
    ...{ scaling, options: targetOptions, kind },
    snapshotFile: snapshotFileOf(results, definition, targetOptions),
    context: { environment, baseDirectory, signal },
  };
}

/** How many instances the service has; undefined: nobody may see that, or it does not scale. */
async function countInstances(scaled: ScaledEndpoint | undefined): Promise<number | undefined> {
  try {
    return (await scaled?.scaling.describe(scaled.options, scaled.context))?.instances.desired;
  } catch {
    // With scaling that stays as it is, no permission is needed. A calibration without it says less, and no less true.
    scaled?.context.signal.throwIfAborted();
    return undefined;
  }
}

/** For the fleet's cost and expiries: trials bring their own loads. Machines are there a little longer. */
const longest = (seconds: number) =>
  ({
    profile: 'arrivals',
    arrivalRate: '1/s',
    duration: formatDuration(Math.ceil(seconds * 1.2 + 60)),
  }) as const;

function requireNumbers({ precision, confidence, startRate, highestRate, budget }: Work['settings']): void {
  const wrong = (field: string, found: number, expected: string) =>
    new LoadwrightError('CONFIG_INVALID', `${field}: found ${found}, expected ${expected}`, {
      hint: 'See docs/how-to/calibrate.md.',
    });
  if (!(precision >= 0.01 && precision <= 1)) throw wrong('precision', precision, 'a share from 0.01 to 1');
  if (!(confidence >= 0.5 && confidence < 1))
    throw wrong('confidence', confidence, 'a share from 0.5 to below 1');
  if (!(startRate > 0)) throw wrong('startRate', startRate, 'a rate above 0');
  if (!(highestRate >= startRate)) throw wrong('highestRate', highestRate, 'at least the first rate');
  if (!(budget.seconds >= 30)) throw wrong('budget.seconds', budget.seconds, 'at least 30 s');
}
