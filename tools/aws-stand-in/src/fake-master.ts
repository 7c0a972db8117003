import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { MasterStatistics } from '@loadwright/core';
import type { Behaviour } from './account.js';
import type { Machine } from './machine.js';
import type { Task } from './ecs/records.js';
import { idleContainers, type ContainerRuntime, type RunningTask } from './ecs/runtime.js';

export interface FakeMasterOptions {
  /** Port on each machine's address. */
  readonly port: number;
  /** Bearer token that the routes ask for; a function when the test learns it later. */
  readonly password: string | ((machine: Machine) => string | Promise<string>);
  /** Workers that are connected. */
  readonly workers: number;
  /** Milliseconds from RunInstances until the port is open. */
  readonly delay?: number;
}

/** Hooks for a {@link Behaviour}: every machine becomes the master of a bundle. */
export interface FakeMaster extends Pick<Behaviour, 'onMachine' | 'onMachineGone' | 'containers'> {
  /** Every machine that was made, in order. */
  readonly machines: readonly Machine[];
  /** When each machine's port opened, in milliseconds of `performance.now()`. */
  readonly openedAt: ReadonlyMap<string, number>;
  /** May change between two looks. */
  workers: number;
}

/** Machines on which the web UI of a bundle's master answers, as far as a deployment looks at it. */
export function fakeMaster(options: FakeMasterOptions): FakeMaster {
  const servers = new Map<string, Server>();
  const timers = new Map<string, NodeJS.Timeout>();
  const openedAt = new Map<string, number>();
  const machines: Machine[] = [];
  const containers: ContainerRuntime = { start: startTask };
  const master: FakeMaster = {
    machines,
    openedAt,
    workers: options.workers,
    onMachine,
    onMachineGone,
    containers,
  };
  return master;

  async function onMachine(machine: Machine): Promise<void> {
    machines.push(machine);
    if (!options.delay) return open(machine);
    timers.set(
      machine.id,
      setTimeout(() => void open(machine), options.delay),
    );
  }

  /** A master on Fargate; nothing happens in what else there is. */
  async function startTask(task: Task): Promise<RunningTask> {
    const running = await idleContainers.start(task);
    if (task.instance || !task.definition.containerDefinitions.some(({ name }) => name === 'master')) {
      return running;
    }
    await open({
      id: task.id,
      userData: Buffer.alloc(0),
      publicAddress: task.address,
      privateAddress: task.address,
      tags: {},
      instanceProfile: undefined,
    });
    void running.exited.then(() => onMachineGone(task.id));
    return running;
  }

  async function open(machine: Machine): Promise<void> {
    let state = 'ready';
    const server = createServer((request, response) => {
      void (async () => {
        const { password } = options;
        const expected = typeof password === 'string' ? password : await password(machine);
        const path = new URL(request.url ?? '/', 'http://master').pathname;
        if (path === '/login')
          return response.setHeader('content-type', 'text/html').end('<title>Locust</title>');
        if (!sameText(request.headers.authorization ?? '', `Bearer ${expected}`)) {
          return response.writeHead(401).end('log in first');
        }
        response.setHeader('content-type', 'application/json');
        if (path === '/swarm') state = 'running';
        if (path === '/stop') state = 'stopped';
        if (path === '/swarm' || path === '/stop') {
          return response.end(JSON.stringify({ success: true, message: state }));
        }
        if (path !== '/loadwright/statistics') return response.writeHead(404).end();
        response.end(JSON.stringify(statistics(state, master.workers)));
      })();
    });
    servers.set(machine.id, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, machine.privateAddress, resolve);
    });
    openedAt.set(machine.id, performance.now());
  }

  async function onMachineGone(id: string): Promise<void> {
    clearTimeout(timers.get(id));
    const server = servers.get(id);
    if (!server) return;
    servers.delete(id);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function statistics(state: string, workers: number): MasterStatistics {
  return {
    version: 2,
    state,
    time: Date.now() / 1000,
    userCount: 0,
    workers: Array.from({ length: workers }, (_, index) => ({
      id: `worker-${index + 1}`,
      state,
      userCount: 0,
      cpuPercent: 0,
      memoryBytes: 0,
      inFlight: 0,
      oldestSeconds: 0,
    })),
    metrics: {},
    total: {
      method: '',
      name: 'Aggregated',
      due: 0,
      sent: 0,
      succeeded: 0,
      failed: 0,
      dropped: 0,
      bytes: 0,
      trends: {},
      counters: {},
      rates: {},
    },
    requests: [],
    errors: [],
    exceptions: [],
    failureSamples: [],
    inFlight: { count: 0, oldestSeconds: 0 },
    lag: [],
    counters: {},
    events: [],
    refusedReports: 0,
    missingReports: 0,
    setUp: { done: true, workers: [] },
    locustVersion: '2.47.0',
    pythonVersion: '3.12.3',
  };
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
