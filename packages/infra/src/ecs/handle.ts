import type {
  DestroyOptions,
  DestroyReport,
  FleetHandle,
  FleetNode,
  LogLine,
  LogOptions,
  MasterLogin,
  MasterReadiness,
} from '@loadwright/core/fleet';
import { accountProblem } from '../aws/account/problem.js';
import type { WayToUi } from '../aws/reach/port-forward.js';
import type { FleetLogs } from './logs/fleet-logs.js';
import type { NodeStates } from './reach/node-states.js';

/** How old a description of the machines may be, in milliseconds: who watches a load asks every second. */
const freshMilliseconds = 2000;

/** What an {@link EcsHandle} is made of. */
export interface EcsHandleOptions {
  readonly fleetId: string;
  readonly way: WayToUi;
  readonly login: MasterLogin;
  /** See {@link FleetHandle.certificate}. */
  readonly certificate?: string | undefined;
  /** Processes, when it was looked at. */
  readonly expectedWorkers: number;
  readonly secrets: readonly string[];
  readonly bundleDigest: string | undefined;
  /** The machine of the master is an earlier attempt's. */
  readonly existedBefore?: boolean;
  /** Of a fleet whose master nobody has asked yet. */
  readonly readiness?: MasterReadiness | undefined;
  /** Looks at its machines, or at its tasks on Fargate. */
  readonly look: () => Promise<NodeStates>;
  readonly logs: FleetLogs;
  /** Removes everything of the fleet. */
  readonly destroy: (options?: Pick<DestroyOptions, 'onProgress'>) => Promise<DestroyReport>;
}

/** A master and its workers on machines of an ECS cluster. */
export class EcsHandle implements FleetHandle {
  readonly fleetId: string;
  readonly masterUrl: string;
  readonly isForwarded: boolean;
  readonly login: MasterLogin;
  readonly certificate?: string;
  readonly expectedWorkers: number;
  readonly secrets: readonly string[];
  readonly bundleDigest?: string;
  readonly existedBefore: boolean;
  readonly readiness?: MasterReadiness;
  readonly #options: EcsHandleOptions;
  #seen: { readonly at: number; readonly states: NodeStates } | undefined;

  constructor(options: EcsHandleOptions) {
    this.fleetId = options.fleetId;
    this.masterUrl = options.way.url;
    this.isForwarded = options.way.isForwarded;
    this.login = options.login;
    if (options.certificate !== undefined) this.certificate = options.certificate;
    this.expectedWorkers = options.expectedWorkers;
    this.secrets = options.secrets;
    if (options.bundleDigest !== undefined) this.bundleDigest = options.bundleDigest;
    if (options.readiness) this.readiness = options.readiness;
    this.existedBefore = options.existedBefore ?? false;
    this.#options = options;
  }

  /**
   * Workers share the state of the machine that they are on. Whoever else changes their number changes what is seen here.
   *
   * @throws LoadwrightError when AWS has never described them. Later it is what AWS described last: that nobody answers is
   *   no news of a machine, and must not cost a test what its master still measures.
   */
  async status(): Promise<readonly FleetNode[]> {
    const last = this.#seen;
    if (!last || performance.now() - last.at > freshMilliseconds) {
      const at = performance.now();
      const states = await this.#options.look().catch((error: unknown) => {
        if (!last) throw accountProblem(error);
        return last.states;
      });
      this.#seen = { at, states };
    }
    const { master, workers } = this.#seen!.states;
    const problem = this.#options.way.problem();
    const lost = problem !== undefined && ({ state: 'failed', reason: problem } as const);
    return [
      { name: 'master', role: 'master', ...master, ...lost },
      ...workers.map((state, index) => ({ name: `worker-${index + 1}`, role: 'worker', ...state }) as const),
    ];
  }

  /** A worker is called by the beginning of the id of its task: `worker-6fd1c0de`. */
  logs(options: LogOptions = {}): AsyncIterable<LogLine> {
    return this.#options.logs.lines(options);
  }

  followLogs(options: LogOptions & { readonly signal: AbortSignal }): AsyncIterable<LogLine> {
    const isGone = async () => (await this.#options.look()).master.state === 'failed';
    // That nobody answers is no news of a machine.
    return this.#options.logs.follow(options, () => isGone().catch(() => false));
  }

  async destroy(options?: Pick<DestroyOptions, 'onProgress'>): Promise<DestroyReport> {
    await this.#options.way.close();
    return this.#options.destroy(options);
  }
}
