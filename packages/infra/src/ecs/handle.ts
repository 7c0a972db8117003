import type { Instance } from '@aws-sdk/client-ec2';
import {
  masterOf,
  type DestroyOptions,
  type DestroyReport,
  type FleetHandle,
  type FleetNode,
  type LogLine,
  type LogOptions,
  type MasterLogin,
  type MasterReadiness,
} from '@loadwright/core/fleet';
import { accountProblem } from '../aws/account/problem.js';
import type { Aws } from '../aws/clients.js';
import { describeInstances } from '../aws/kinds/instance.js';
import type { WayToUi } from '../aws/reach/port-forward.js';

/** How old a description of the machines may be, in milliseconds: who watches a load asks every second. */
const freshMilliseconds = 5000;

/** What an {@link EcsHandle} is made of. */
export interface EcsHandleOptions {
  readonly aws: Aws;
  readonly fleetId: string;
  /** Ids of the machines by their parts, the master's among them. */
  readonly machines: ReadonlyMap<string, string>;
  readonly way: WayToUi;
  readonly login: MasterLogin;
  /** Processes. */
  readonly expectedWorkers: number;
  readonly secrets: readonly string[];
  readonly bundleDigest: string | undefined;
  /** The machine of the master is an earlier attempt's. */
  readonly existedBefore?: boolean;
  /** Of a fleet whose master nobody has asked yet. */
  readonly readiness?: MasterReadiness | undefined;
  /** Removes everything of the fleet. */
  readonly destroy: (options?: Pick<DestroyOptions, 'onProgress'>) => Promise<DestroyReport>;
}

type NodeState = Pick<FleetNode, 'state' | 'reason'>;

/** A master and its workers on machines of an ECS cluster. */
export class EcsHandle implements FleetHandle {
  readonly fleetId: string;
  readonly masterUrl: string;
  readonly isForwarded: boolean;
  readonly login: MasterLogin;
  readonly expectedWorkers: number;
  readonly secrets: readonly string[];
  readonly bundleDigest?: string;
  readonly existedBefore: boolean;
  readonly readiness?: MasterReadiness;
  readonly #options: EcsHandleOptions;
  #seen: { readonly at: number; readonly machines: ReadonlyMap<string, NodeState> } | undefined;

  constructor(options: EcsHandleOptions) {
    this.fleetId = options.fleetId;
    this.masterUrl = options.way.url;
    this.isForwarded = options.way.isForwarded;
    this.login = options.login;
    this.expectedWorkers = options.expectedWorkers;
    this.secrets = options.secrets;
    if (options.bundleDigest !== undefined) this.bundleDigest = options.bundleDigest;
    if (options.readiness) this.readiness = options.readiness;
    this.existedBefore = options.existedBefore ?? false;
    this.#options = options;
  }

  /**
   * Workers share the state of the machine that they are on.
   *
   * @throws LoadwrightError when EC2 has never described them. Later it is what EC2 described last: that nobody answers is
   *   no news of a machine, and must not cost a test what its master still measures.
   */
  async status(): Promise<readonly FleetNode[]> {
    const { machines, way } = this.#options;
    const now = performance.now();
    const last = this.#seen;
    if (!last || now - last.at > freshMilliseconds) {
      const described = this.#describe().catch((error: unknown) => {
        if (!last) throw accountProblem(error);
        return last.machines;
      });
      this.#seen = { at: now, machines: await described };
    }
    const states = this.#seen!.machines;
    const stateOf = (part: string): NodeState & { readonly instance?: string } => {
      const id = machines.get(part);
      return {
        ...(states.get(part) ?? { state: 'failed', reason: `its machine ${part} is gone` }),
        ...(id !== undefined && { instance: id }),
      };
    };
    const problem = way.problem();
    const lost = problem !== undefined && ({ state: 'failed', reason: problem } as const);
    const parts = [...machines.keys()].filter((part) => part !== 'master').sort(byNumber);
    // Each machine runs as many processes as the others.
    const processes = Math.ceil(this.expectedWorkers / Math.max(1, parts.length));
    return [
      { name: 'master', role: 'master', ...stateOf('master'), ...lost },
      ...Array.from({ length: this.expectedWorkers }, (_, index) => {
        const part = parts[Math.floor(index / processes)] ?? '';
        return { name: `worker-${index + 1}`, role: 'worker', ...stateOf(part) } as const;
      }),
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

  async #describe(): Promise<ReadonlyMap<string, NodeState>> {
    const { aws, machines } = this.#options;
    const found = await describeInstances(aws, [...machines.values()]);
    return new Map(
      [...machines].map(([part, id]) => [
        part,
        stateOfMachine(
          id,
          found.find(({ InstanceId }) => InstanceId === id),
        ),
      ]),
    );
  }
}

function stateOfMachine(id: string, found: Instance | undefined): NodeState {
  const state = found?.State?.Name;
  if (state === 'running') return { state: 'running' };
  if (state === 'pending') return { state: 'starting' };
  const reason = found?.StateReason?.Message ?? `it is ${state ?? 'gone'}`;
  return { state: 'failed', reason: `the machine ${id} ended: ${reason}` };
}

/** `worker-2` comes before `worker-10`. */
function byNumber(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
