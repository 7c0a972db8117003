import {
  LoadwrightError,
  type Fleet,
  type FleetHandle,
  type Finding,
  type IamStatement,
  type KnownFleetPlace,
  type DeployedFleet,
  type LastingFleets,
} from '@loadwright/core';
import { localFleet } from '@loadwright/infra/local';
import { builtInFleets } from '../src/fleet/kinds.js';
import type { FleetKinds } from '../src/fleet/fleet-kinds.js';
import { main } from '../src/main.js';
import { locust } from './command.js';
import { TestIo } from './support.js';

/** The region of all runs. */
const home = 'eu-west-1';

/** Price of an hour in US dollars. */
const price = 3.6;

const statements: readonly IamStatement[] = [
  { Effect: 'Allow', Action: ['ec2:RunInstances', 'ec2:CreateTags'], Resource: ['*'] },
  { Effect: 'Allow', Action: ['ec2:TerminateInstances'], Resource: ['*'] },
];

/**
 * Fleets that outlive the command that makes them, as long as the test lasts: real Locust processes of this machine,
 * kept in a map where a real fleet would ask an account.
 */
export class LastingFleetDouble {
  readonly handles = new Map<string, FleetHandle>();
  /** Runs of which something stands but no machine. */
  readonly leftovers: DeployedFleet[] = [];
  /** What a removal leaves behind. */
  remaining: readonly string[] = [];
  isPriceIncomplete = false;
  /** The addresses of its masters end with the process. */
  isForwarded = false;
  /** Happens while it looks for runs. */
  whileLooking: (options: Readonly<Record<string, unknown>>) => Promise<void> = async () => {};
  /** Happens while it removes one. */
  whileRemoving: (signal: AbortSignal | undefined) => Promise<void> = async () => {};
  /** What its kind offers beyond what every kind does. */
  more: Pick<LastingFleets, 'scaling' | 'diagnose'> = {};
  findings: readonly Finding[] = [{ subject: 'account', state: 'good', detail: '123456789012' }];
  /** The runs that were begun on this machine. */
  readonly known: KnownFleetPlace[] = [];
  /** The options that it was made with, the newest last. */
  readonly options: Readonly<Record<string, unknown>>[] = [];

  readonly kinds: FleetKinds = {
    ...builtInFleets,
    double: {
      ...builtInFleets['ec2']!,
      kind: 'double',
      load: async () => ({
        ...(await builtInFleets['local']!.load()),
        create: (options) => this.#fleet(options),
        known: async () => this.known,
      }),
    },
  };

  /** Runs the command in this process, with these fleets. */
  async run(argv: readonly string[], io = new TestIo()) {
    const exitCode = await main(argv, io, this.kinds);
    return { exitCode, stdout: io.stdout.text, stderr: io.stderr.text, io };
  }

  async end(): Promise<void> {
    await Promise.all([...this.handles.values()].map((handle) => handle.destroy()));
  }

  #fleet(options: Readonly<Record<string, unknown>>): Fleet {
    this.options.push(options);
    const { region = home } = options;
    const local = localFleet({ ...(locust !== undefined && { locust }) });
    return {
      ...local,
      kind: 'double',
      plan: async ({ fleetId, workers }) => ({
        resources: [`1 machine of 2 vCPUs: ${fleetId}`, `${workers} workers in containers`],
        pricePerHour: {
          usDollars: price,
          source: 'a table of the test',
          isIncomplete: this.isPriceIncomplete,
        },
        endsAfterSeconds: 7200,
        permissions: statements,
        notes: ['the quota leaves room for 1 more'],
        warnings: ['everybody may come in'],
      }),
      provision: async (request) => {
        const { fleetId } = request;
        const handle = await local.provision(request);
        const destroy = handle.destroy.bind(handle);
        Object.assign(handle, { isForwarded: this.isForwarded });
        handle.destroy = async ({ onProgress } = {}) => {
          onProgress?.(`removing ${fleetId}`);
          await this.whileRemoving(undefined);
          this.handles.delete(fleetId);
          return { ...(await destroy()), remaining: this.remaining };
        };
        this.handles.set(fleetId, handle);
        return handle;
      },
      open: async (fleetId) => {
        const handle = this.handles.get(fleetId);
        if (handle) return handle;
        throw new LoadwrightError('CONFIG_INVALID', `There is no machine of run ${fleetId}.`);
      },
      lasting: {
        ...this.more,
        check: async () => this.findings,
        permissions: async ({ accountId, iamStatements = [] } = {}) => ({
          statements: [...statements, ...iamStatements],
          ofMachine: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] }, ...iamStatements],
          boundary: {
            name: 'loadwright-boundary',
            path: '/loadwright/',
            statements: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] }, ...iamStatements],
          },
          notes: accountId === undefined ? ['Nobody tells the account.'] : [],
        }),
        place: async () => ({
          description: `${String(region)}, account 123456789012`,
          caller: 'arn:aws:iam::123456789012:user/alice',
        }),
        list: async () => {
          await this.whileLooking(options);
          return region === home ? [...this.#deployed(), ...this.leftovers] : [];
        },
        inventory: async (fleetId) => [
          ...(this.handles.has(fleetId) ? [{ fleetId, resource: 'machine i-0123456789abcdef0' }] : []),
          ...this.leftovers
            .filter((run) => run.fleetId === fleetId)
            .flatMap(({ resources }) => resources.map((resource) => ({ fleetId, resource }))),
        ],
        destroy: async (fleetId, { onProgress, signal } = {}) => {
          onProgress?.(`removing ${fleetId}`);
          await this.whileRemoving(signal);
          const removed = (await this.handles.get(fleetId)?.destroy())?.removed ?? [];
          const index = this.leftovers.findIndex((run) => run.fleetId === fleetId);
          const left = index < 0 ? [] : this.leftovers.splice(index, 1).flatMap(({ resources }) => resources);
          return { removed: [...removed, ...left], remaining: this.remaining };
        },
      },
    };
  }

  #deployed(): DeployedFleet[] {
    const createdAt = new Date(Date.now() - 600_000);
    return [...this.handles.keys()].map((fleetId) => ({
      fleetId,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + 7_200_000),
      state: 'running',
      resources: ['machine i-0123456789abcdef0'],
      usDollarsPerHour: price,
      costUsDollars: price / 6,
    }));
  }
}

/** A run of which something was left behind. */
export function leftover(fleetId: string, state: DeployedFleet['state'] = 'orphaned'): DeployedFleet {
  const createdAt = new Date(Date.now() - 90_000_000);
  return {
    fleetId,
    createdAt,
    state,
    resources: [`security group loadwright-${fleetId}`, `role loadwright-${fleetId}`],
  };
}
