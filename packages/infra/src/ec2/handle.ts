import {
  masterOf,
  type DestroyOptions,
  type DestroyReport,
  type FleetHandle,
  type FleetNode,
  type LogLine,
  type LogOptions,
  type MasterReadiness,
  type MasterLogin,
} from '@loadwright/core/fleet';
import { accountProblem } from '../aws/account/problem.js';
import type { Aws } from '../aws/clients.js';
import { describeInstance } from '../aws/kinds/instance.js';
import type { WayToUi } from '../aws/reach/port-forward.js';

/** How old a description of the machine may be, in milliseconds: who watches a load asks every second. */
const freshMilliseconds = 5000;

/** What an {@link Ec2Handle} is made of. */
export interface Ec2HandleOptions {
  readonly aws: Aws;
  readonly instanceId: string;
  readonly fleetId: string;
  readonly way: WayToUi;
  readonly login: MasterLogin;
  /** See {@link FleetHandle.certificate}. */
  readonly certificate: string | undefined;
  readonly expectedWorkers: number;
  readonly secrets: readonly string[];
  readonly bundleDigest: string | undefined;
  /** The machine is an earlier attempt's. */
  readonly existedBefore?: boolean;
  /** Of a machine whose master nobody has asked yet. */
  readonly readiness?: MasterReadiness | undefined;
  /** Removes everything of the fleet. */
  readonly destroy: (options?: Pick<DestroyOptions, 'onProgress'>) => Promise<DestroyReport>;
}

/** A master and its workers on one machine of EC2. */
export class Ec2Handle implements FleetHandle {
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
  readonly #options: Ec2HandleOptions;
  #seen: { readonly at: number; readonly machine: Pick<FleetNode, 'state' | 'reason'> } | undefined;

  constructor(options: Ec2HandleOptions) {
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
   * All nodes are on one machine, and share its state.
   *
   * @throws LoadwrightError when EC2 has never described it. Later it is what EC2 described last: that nobody answers, or credentials
   *   are over, is no news of the machine, and must not cost a test what its master still measures.
   */
  async status(): Promise<readonly FleetNode[]> {
    const now = performance.now();
    const last = this.#seen;
    if (!last || now - last.at > freshMilliseconds) {
      const described = this.#describe().catch((error: unknown) => {
        if (!last) throw accountProblem(error);
        return last.machine;
      });
      this.#seen = { at: now, machine: await described };
    }
    const { machine } = this.#seen!;
    const workers = Array.from({ length: this.expectedWorkers }, (_, index) => `worker-${index + 1}`);
    const problem = this.#options.way.problem();
    const lost = problem !== undefined && ({ state: 'failed', reason: problem } as const);
    return [
      { name: 'master', role: 'master', ...machine, ...lost },
      ...workers.map((name) => ({ name, role: 'worker', ...machine }) as const),
    ];
  }

  async *logs({ role, signal }: LogOptions = {}): AsyncIterable<LogLine> {
    const { master, workers } = await masterOf(this).logs({ ...(signal && { signal }) });
    if (role !== 'worker') for (const line of master) yield { node: 'master', line };
    if (role === 'master') return;
    for (const [node, lines] of Object.entries(workers)) for (const line of lines) yield { node, line };
  }

  async destroy(options?: Pick<DestroyOptions, 'onProgress'>): Promise<DestroyReport> {
    await this.#options.way.close();
    return this.#options.destroy(options);
  }

  async #describe(): Promise<Pick<FleetNode, 'state' | 'reason'>> {
    const { aws, instanceId } = this.#options;
    const found = await describeInstance(aws, instanceId);
    const state = found?.State?.Name;
    if (state === 'running') return { state: 'running' };
    if (state === 'pending') return { state: 'starting' };
    const reason = found?.StateReason?.Message ?? `it is ${state ?? 'gone'}`;
    return { state: 'failed', reason: `the machine ${instanceId} ended: ${reason}` };
  }
}
