import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  fleetTokenVariable,
  isLoadwrightError,
  LoadwrightError,
  LocustMaster,
  type ProvisionRequest,
} from '@loadwright/core/fleet';
import type { LocalHandle } from './handle.js';
import { homeWithoutConfiguration } from './home.js';
import { inheritedEnvironment } from './inherited-environment.js';
import { LocalNode } from './nodes.js';
import type { LocalFleetSettings } from './options.js';
import { nodeEnded, startTimedOut, type FleetPorts } from './startup-failure.js';

const pollMilliseconds = 50;

/** What {@link startNodes} needs. */
export interface StartOptions {
  readonly executable: string;
  readonly handle: LocalHandle;
  readonly ports: FleetPorts;
  readonly request: ProvisionRequest;
  readonly settings: LocalFleetSettings;
}

/**
 * Starts the master and its workers, all at once, for each spends a second of a core on reading Locust; returns when all
 * workers are connected. A worker whose master does not listen yet tries again every tenth of a second. Another program
 * that took the port is no danger to it: a worker hears nobody who does not have the token, and the master, which has
 * not got its port, ends, and all with it.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when a node ends or time is up, `ABORTED` by the signal. What was
 *   started is in `handle.nodes`, for the caller to destroy.
 */
export async function startNodes(options: StartOptions): Promise<void> {
  const { handle, ports, request, settings } = options;
  const deadline = AbortSignal.timeout(Math.ceil(settings.startTimeoutSeconds * 1000));
  const signal = AbortSignal.any([request.signal, deadline]);
  const login = {
    LOADWRIGHT_UI_USERNAME: handle.login.username,
    LOADWRIGHT_UI_PASSWORD: handle.login.password,
  };
  // By it master and workers know each other: other users of this machine reach the port of the master too.
  const token = { [fleetTokenVariable]: randomBytes(32).toString('hex') };
  let state = 'the master did not answer';
  try {
    request.onProgress(`Starting the Locust master at ${handle.masterUrl}`);
    startNode(options, 'master', 'master', { ...login, ...token }, [
      ...['--master', '--master-bind-host', '127.0.0.1', '--master-bind-port', String(ports.master)],
      ...['--web-host', '127.0.0.1', '--web-port', String(ports.web), '--web-login'],
      ...['--csv', join(handle.workingDirectory, 'locust'), '--csv-full-history'],
    ]);
    const { workers } = request;
    request.onProgress(`Starting ${workers} ${workers === 1 ? 'worker' : 'workers'}`);
    for (let number = 1; number <= workers; number += 1) {
      startNode(options, `worker-${number}`, 'worker', { ...request.environment, ...token }, [
        ...['--worker', '--master-host', '127.0.0.1', '--master-port', String(ports.master)],
      ]);
    }
    const master = new LocustMaster({ url: handle.masterUrl, login: handle.login });
    // What keeps all from starting is reported of the master.
    await untilTrue(handle.nodes.slice(0, 1), signal, async (either) => {
      try {
        // Cheap and without the password, until something listens there.
        await fetch(`${master.url}/login`, { redirect: 'manual', signal: either });
        await master.statistics({ signal: either });
        return true;
      } catch (error) {
        // Nobody yet, or another program that took the port: then the master ends by itself.
        if (isLoadwrightError(error)) state = error.message;
        return false;
      }
    });

    state = `not all of its ${workers} workers connected`;
    await untilTrue(handle.nodes, signal, async (either) => {
      const { workers: known, setUp } = await master.statistics({ signal: either });
      // One that has said nothing of its data may still find that it lacks something, and end.
      const connected = known.length - setUp.workers.filter(({ fraction }) => fraction === 0).length;
      state = `${connected} of ${workers} workers connected`;
      return connected >= workers;
    });
  } catch (error) {
    if (request.signal.aborted) {
      throw new LoadwrightError('ABORTED', 'Starting the fleet was stopped.', {
        cause: request.signal.reason,
      });
    }
    if (deadline.aborted) throw startTimedOut(settings.startTimeoutSeconds, state);
    throw error;
  }
}

function startNode(
  { executable, handle, request, settings }: StartOptions,
  name: string,
  role: LocalNode['role'],
  environment: Readonly<Record<string, string>>,
  roleArguments: readonly string[],
): void {
  handle.nodes.push(
    new LocalNode({
      name,
      role,
      file: executable,
      arguments: ['-f', 'locustfile.py', '--exit-code-on-error', '0', ...roleArguments],
      directory: request.bundle.directory,
      environment: {
        ...inheritedEnvironment(settings.environment),
        ...homeWithoutConfiguration(settings.environment, handle.workingDirectory),
        ...environment,
        // The bundle is a result: running it must not add files to it.
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
      },
      logDirectory: request.logDirectory,
      onProgress: request.onProgress,
      redact: (text) =>
        [handle.login.password, environment[fleetTokenVariable] ?? handle.login.password].reduce(
          (rest, secret) => rest.replaceAll(secret, '***'),
          request.redact(text),
        ),
    }),
  );
}

/** Asks again and again until the answer is true; a node that ends, or the signal, ends the wait with an error. */
async function untilTrue(
  nodes: readonly LocalNode[],
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const asked = async () => {
    while (!(await ask(either))) await delay(pollMilliseconds, undefined, { signal: either });
  };
  const ended = nodes.map(async (node) => {
    await node.process.exited;
    throw nodeEnded(node);
  });
  try {
    await Promise.race([asked(), ...ended]);
  } finally {
    over.abort();
  }
}
