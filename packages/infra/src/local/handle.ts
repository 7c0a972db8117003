import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type {
  DestroyReport,
  FleetHandle,
  FleetNode,
  LogLine,
  LogOptions,
  MasterLogin,
} from '@loadwright/core/fleet';
import type { LocalNode } from './nodes.js';

/** What a {@link LocalHandle} is made of. */
export interface LocalHandleOptions {
  readonly fleetId: string;
  readonly masterUrl: string;
  readonly login: MasterLogin;
  readonly expectedWorkers: number;
  readonly secrets: readonly string[];
  readonly bundleDigest: string;
  /** Where Locust writes its CSV files; removed with the fleet. */
  readonly workingDirectory: string;
  /** Called when nothing is left. */
  readonly onDestroyed: () => void;
}

/** A master and its workers on this machine. */
export class LocalHandle implements FleetHandle {
  readonly fleetId: string;
  readonly masterUrl: string;
  readonly login: MasterLogin;
  readonly expectedWorkers: number;
  readonly secrets: readonly string[];
  readonly bundleDigest: string;
  readonly nodes: LocalNode[] = [];
  /** Where Locust writes its CSV files; removed with the fleet. */
  readonly workingDirectory: string;
  readonly #onDestroyed: () => void;
  #destroying: Promise<DestroyReport> | undefined;

  constructor(options: LocalHandleOptions) {
    this.fleetId = options.fleetId;
    this.masterUrl = options.masterUrl;
    this.login = options.login;
    this.expectedWorkers = options.expectedWorkers;
    this.secrets = options.secrets;
    this.bundleDigest = options.bundleDigest;
    this.workingDirectory = options.workingDirectory;
    this.#onDestroyed = options.onDestroyed;
  }

  async status(): Promise<readonly FleetNode[]> {
    return this.nodes.map((node) => node.status());
  }

  async *logs({ role }: LogOptions = {}): AsyncIterable<LogLine> {
    for (const { name, role: ofNode, log } of this.nodes) {
      if (role !== undefined && role !== ofNode) continue;
      for await (const line of log.lines()) yield { node: name, line };
    }
  }

  async destroy(): Promise<DestroyReport> {
    // One after the other: what two calls at once remove is reported once.
    const earlier = this.#destroying;
    this.#destroying = (async () => {
      await earlier;
      return this.#destroy();
    })();
    return this.#destroying;
  }

  async #destroy(): Promise<DestroyReport> {
    const removed: string[] = [];
    const remaining: string[] = [];
    await Promise.all(
      this.nodes.map(async (node) => {
        const outcome = await node.destroy();
        const process = `${node.name} (process ${node.process.pid})`;
        if (outcome === 'removed') removed.push(process);
        if (outcome === 'remaining') remaining.push(`${process}: it did not end when killed`);
      }),
    );
    if (existsSync(this.workingDirectory)) {
      try {
        await rm(this.workingDirectory, { recursive: true, force: true });
        removed.push(this.workingDirectory);
      } catch (error) {
        remaining.push(`${this.workingDirectory}: ${String(error)}`);
      }
    }
    if (remaining.length === 0) this.#onDestroyed();
    return { removed, remaining };
  }
}
