import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { digestWithoutLoad } from '../bundle/digest.js';
import { LoadwrightError } from '../errors.js';
import type { LoadProfileInput } from '../load/profile.js';
import { resolveTestLoad } from '../load/resolve.js';
import { masterOf, type LocustMaster } from '../locust/master.js';
import type { MasterStatistics } from '../locust/statistics.js';
import type { TestLoad } from '../load/plan.js';
import { askMaster } from './ask-master.js';
import { collectResults, type CollectedResults } from '../results/collect-results.js';
import { waitForWorkers } from './connect.js';
import type { Deployment, DeployOptions, LoadTest } from '../run/contract.js';
import { followTest, type FollowOptions } from '../run/follow.js';
import { diagnoseFleet } from './diagnose.js';
import { followLogs } from './follow-logs.js';
import { fleetIdOf } from './fleet-name.js';
import { otherBundle } from './other-bundle.js';
import { isLoadRunning, requireIdle } from './idle.js';
import { replaceLost } from './replace-lost.js';
import { validate } from '../validation/validate.js';
import { redactorOf, redactStrings } from '../secrets/redactor.js';
import type {
  CallOptions,
  DestroyOptions,
  DestroyReport,
  Finding,
  Fleet,
  FleetHandle,
  FleetNode,
  FleetScaling,
  LogLine,
  LogOptions,
  ScaleOptions,
  ScalePlan,
} from './contract.js';

/** What was changed. */
export interface Scaled {
  /** Workers that the master knew before. */
  readonly workersBefore: number;
  readonly workers: number;
  /** A load was running, and goes on. */
  readonly underLoad: boolean;
}

/**
 * A deployed fleet: what its master and its nodes can be asked, whatever kind it is. Everything that it returns has the
 * secrets of the fleet redacted. A judged test on it is `LoadTest.run` with `on`.
 */
export class OpenedFleet {
  /** The master's typed client, for what this class does not offer. */
  readonly master: LocustMaster;
  readonly #fleet: Pick<Fleet, 'kind' | 'lasting'>;
  readonly #redact: (text: string) => string;
  #handle: FleetHandle;

  constructor(handle: FleetHandle, fleet: Pick<Fleet, 'kind' | 'lasting'>) {
    this.#handle = handle;
    this.#fleet = fleet;
    this.master = masterOf(handle);
    this.#redact = redactorOf(handle);
  }

  /** As the fleet's kind gave it: master URL, login, number of workers. Holds secrets. */
  get handle(): FleetHandle {
    return this.#handle;
  }

  get fleetId(): string {
    return this.handle.fleetId;
  }

  /**
   * The merged statistics of all workers, of the test that runs or ran last.
   *
   * @throws LoadwrightError `PROVISIONING_FAILED` when the master does not answer, with what is known of its machine;
   * `MASTER_PROTOCOL`
   */
  async statistics({ signal }: CallOptions = {}): Promise<MasterStatistics> {
    const statistics = await askMaster(this.handle, (limit) =>
      this.master.statistics({ signal: anyOf(signal, limit) }),
    );
    return redactStrings(statistics, this.#redact);
  }

  /**
   * Starts a load that ends by itself when its time is over. Nothing is judged.
   *
   * @param options
   * @param options.host One of `hosts` of the test that the fleet was deployed for. Default: that of the load before.
   * @returns the load as the workers carry it out.
   * @throws LoadwrightError `CONFIG_INVALID` when the load is wrong or another one is running; as {@link statistics};
   * `ABORTED`
   */
  async start(
    load: LoadProfileInput,
    { signal, host }: CallOptions & { readonly host?: string } = {},
  ): Promise<TestLoad> {
    const resolved = resolveTestLoad(load, this.handle.expectedWorkers);
    requireIdle(await this.statistics({ ...(signal && { signal }) }), this.fleetId);
    this.#handle = await replaceLost(this.#fleet, this.handle, { ...(signal && { signal }) });
    await waitForWorkers(this.master, this.handle, { ...(signal && { signal }) });
    await this.master.swarm({ load: resolved, ...(host !== undefined && { host }) }, signal);
    return resolved;
  }

  /**
   * Refuses a test that is made of something else than the fleet was deployed with, its load and its host aside. A fleet that
   * does not know what it runs refuses none.
   *
   * @throws LoadwrightError `CONFIG_INVALID`; as `LoadTest.bundle`
   */
  async requireSameBundle(test: Pick<LoadTest, 'bundle'>, options: CallOptions = {}): Promise<void> {
    const { bundleDigest } = this.handle;
    if (bundleDigest === undefined) return;
    const directory = await mkdtemp(join(tmpdir(), 'loadwright-bundle-'));
    try {
      const bundle = await test.bundle({ directory, ...options });
      if (digestWithoutLoad(bundle) === bundleDigest) return;
      const { master, fleetId: on } = this;
      throw await otherBundle(bundle, { on, fleet: this.#fleet, master, redact: this.#redact });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  /**
   * Ends the load that is running, if there is one: requests in flight get their grace period. The fleet stays.
   *
   * @returns the statistics before, and whether a load was running then.
   * @throws LoadwrightError as {@link statistics}
   */
  async stop(): Promise<{ readonly before: MasterStatistics; readonly wasRunning: boolean }> {
    const before = await this.statistics();
    // Also when none is seen: one may begin this very moment.
    await this.master.stop();
    return { before, wasRunning: isLoadRunning(before) };
  }

  /** Watches the load that is running until it ends. See {@link followTest}. */
  async follow(options: FollowOptions): Promise<MasterStatistics> {
    return redactStrings(await followTest(this.master, options), this.#redact);
  }

  /** Downloads everything that was measured in the newest load into a folder. See {@link collectResults}. */
  async collect(directory: string): Promise<CollectedResults> {
    return collectResults(this.handle, directory, this.#redact);
  }

  /**
   * The log lines so far, oldest first for each node.
   *
   * @throws LoadwrightError as {@link statistics}
   */
  async logs({ role, signal }: LogOptions = {}): Promise<readonly LogLine[]> {
    const silence = new AbortController();
    const options = { ...(role && { role }), signal: anyOf(signal, silence.signal) };
    const read = this.handle.logs(options)[Symbol.asyncIterator]();
    // Only the first answer shows a silent master: a service may have more lines than it gives within the limit.
    const first = async (limit: AbortSignal) => {
      const end = () => silence.abort(limit.reason);
      limit.addEventListener('abort', end);
      return read.next().finally(() => limit.removeEventListener('abort', end));
    };
    const lines: LogLine[] = [];
    for (let one = await askMaster(this.handle, first); !one.done; one = await read.next()) {
      const { node, line } = one.value;
      lines.push({ node, line: this.#redact(line) });
    }
    return lines;
  }

  /**
   * The log lines so far, and then those that come, until the signal aborts; of a fleet whose service keeps its lines, also
   * until that fleet is gone.
   *
   * @throws LoadwrightError as {@link statistics}
   */
  followLogs(options: LogOptions & { readonly signal: AbortSignal }): AsyncIterable<LogLine> {
    return followLogs(this.handle, options, this.#redact);
  }

  /**
   * What another number of workers would change, and cost.
   *
   * @param workers Load-generating processes.
   * @throws LoadwrightError `CONFIG_INVALID` when its kind cannot change the number, or not to this one; as `openFleet`
   */
  async planScale(workers: number, options?: CallOptions): Promise<ScalePlan> {
    return this.#scaling().plan(this.fleetId, workerCount(workers), options);
  }

  /**
   * Changes the number of workers, and waits until those are connected. Of a load that runs the users are spread anew over
   * the workers, and its events have the moment: those of workers that leave go to the others at once. What is asked of this object afterwards expects the new number.
   *
   * @param workers Load-generating processes.
   * @throws LoadwrightError as {@link planScale}; `PROVISIONING_FAILED`
   */
  async scale(workers: number, { signal, onProgress }: ScaleOptions = {}): Promise<Scaled> {
    const scaling = this.#scaling();
    const options = { ...(signal && { signal }) };
    const { workersAfter } = await scaling.plan(this.fleetId, workerCount(workers), options);
    const before = await this.statistics(options);
    const underLoad = isLoadRunning(before);
    // Before anybody leaves: whoever is not expected to would be lost, and with them the load.
    await this.master.scale(workersAfter, { by: 'whoever deployed the fleet', ...options });
    try {
      this.#handle = await scaling.scale(this.fleetId, workersAfter, {
        ...options,
        ...(onProgress && { onProgress }),
      });
    } catch (error) {
      await this.master.scale(this.handle.expectedWorkers, { by: 'a change that failed' }).catch(() => {});
      throw error;
    }
    await waitForWorkers(this.master, this.handle, {
      ...options,
      underLoad,
      onConnected: (connected) =>
        onProgress?.(`${connected} of ${this.handle.expectedWorkers} workers connected`),
    });
    return { workersBefore: before.workers.length, workers: this.handle.expectedWorkers, underLoad };
  }

  #scaling(): FleetScaling {
    const { lasting, kind } = this.#fleet;
    if (lasting?.scaling) return lasting.scaling;
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `workers: a fleet of kind ${kind} keeps the number of workers that it was made with`,
      {
        hint: 'Deploy another fleet with the number of workers that you need, and remove this one.',
        next: [{ action: 'deploy-fleet' }, { action: 'destroy-fleet', fleetId: this.fleetId }],
      },
    );
  }

  /** Why it does not work, with remedies. See {@link diagnoseFleet}. */
  async diagnose(options?: CallOptions): Promise<readonly Finding[]> {
    return redactStrings(await diagnoseFleet(this.#fleet, this.handle, options), this.#redact);
  }

  /** The state of the master and of each worker. */
  async status(): Promise<readonly FleetNode[]> {
    return redactStrings(await this.handle.status(), this.#redact);
  }

  /** Removes every resource of the fleet; safe to repeat. */
  async destroy(options?: Pick<DestroyOptions, 'onProgress'>): Promise<DestroyReport> {
    return this.handle.destroy(options);
  }
}

/**
 * Opens a fleet that was deployed earlier, from any machine.
 *
 * @param fleet Its kind, and where it is.
 * @param reference The whole id, as `deployFleet` returned it or `Fleet.lasting.list` shows it; or its name.
 * @throws LoadwrightError when there is no such fleet, or several of that name, or it cannot be reached.
 */
export async function openFleet(
  fleet: Fleet,
  reference: string,
  options: CallOptions = {},
): Promise<OpenedFleet> {
  return new OpenedFleet(await fleet.open(await fleetIdOf(fleet, reference), options), fleet);
}

/**
 * Deploys the fleet of a test and opens it: all workers connected, no load started. It exists, and costs, until
 * {@link OpenedFleet.destroy} or the end of its time to live.
 *
 * @throws LoadwrightError as `LoadTest.deploy`; whatever had been made is removed.
 */
export async function deployFleet(
  test: Pick<LoadTest, 'deploy'>,
  options: DeployOptions,
): Promise<OpenedFleet & Pick<Deployment, 'resultsDirectory'>> {
  const { handle, resultsDirectory } = await test.deploy(options);
  return Object.assign(new OpenedFleet(handle, options.fleet), { resultsDirectory });
}

const workersSchema = z.int('must be a whole number').min(1, 'must be at least 1');

function workerCount(workers: number): number {
  return validate(workersSchema, workers, { field: 'workers' });
}

function anyOf(signal: AbortSignal | undefined, limit: AbortSignal): AbortSignal {
  return signal ? AbortSignal.any([signal, limit]) : limit;
}
