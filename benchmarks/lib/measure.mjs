/** One client against nginx: started, watched for a steady window, stopped. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientEnvironment, clients } from './clients.mjs';
import { cpuSeconds, residentBytes, start } from './processes.mjs';

const readyLimitMilliseconds = 120_000;

/**
 * What a benchmark runs in.
 *
 * @typedef {object} Setup
 * @property {string} folder for temporary files
 * @property {object} server as `startServer` gives it
 * @property {object} certificates
 * @property {{ client: number, server: number }} cores
 * @property {number} descriptors
 * @property {{ settleSeconds: number, windowSeconds: number }} timing
 */

/**
 * @param {Setup} setup
 * @param {{ client: string, transport: 'plain' | 'tls', connections: number, wait?: [number, number],
 *   windowSeconds?: number, environment?: Record<string, string>, plugins?: string[] }} options wait: bounds of the
 * pause between two requests of a connection, in seconds; plugins: further Locust files
 * @returns what the server and the kernel counted in the window
 */
export async function measure(setup, options) {
  const { client: name, transport, connections, wait, plugins } = options;
  const { server, cores, descriptors, timing } = setup;
  const folder = mkdtempSync(join(setup.folder, 'client-'));
  const client = clients[name];
  const host = server.urls[transport];
  const { authority } = setup.certificates;
  const prepared = client.prepare({ connections, host, authority, folder, wait, plugins });
  const env = {
    ...clientEnvironment(setup.certificates, wait),
    ...prepared.environment,
    ...options.environment,
  };
  await idle(server);
  const before = await server.counts();
  const log = join(folder, 'output');
  const child = start(prepared.command, { core: cores.client, env, cwd: folder, log, descriptors });
  try {
    const { isSpawned } = prepared;
    await ready({ server, child, before, connections, isSpawned, mustStayOpen: !client.reconnects });
    await sleep(timing.settleSeconds * 1000);
    const first = await snapshot(server, child);
    await sleep((options.windowSeconds ?? timing.windowSeconds) * 1000);
    const last = await snapshot(server, child);
    const bytes = residentBytes(child.pid);
    if (!(await child.stop(prepared.stopSignal))) throw new Error('it did not end when it was told to');
    await idle(server);
    const served = (await server.counts()).requests - before.requests;
    const told = prepared.outcome(child.output());
    if (told.failures > 0) {
      throw new Error([`it counted ${told.failures} failures`, ...(told.errors ?? [])].join('; '));
    }
    // Requests under way when it was told to stop are served, but not counted.
    const uncounted = told.counted === undefined ? 0 : Math.abs(served - told.counted);
    if (client.ours && uncounted > connections) {
      throw new Error(`${served} requests were served, it counted ${told.counted}`);
    }
    return { ...difference(first, last), residentBytes: bytes, output: child.output() };
  } catch (error) {
    throw new Error(`${name}, ${transport}, ${connections} connections: ${error.message}`, { cause: error });
  } finally {
    await child.stop('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

/** Waits until no connection of an earlier client is open. */
async function idle(server) {
  const limit = Date.now() + readyLimitMilliseconds;
  while ((await server.counts()).active > 0) {
    if (Date.now() > limit) throw new Error('connections stay open though no client runs');
    await sleep(20);
  }
}

/** Waits until the load is all there: every user or connection, and a request for each. */
async function ready({ server, child, before, connections, isSpawned, mustStayOpen }) {
  const limit = Date.now() + readyLimitMilliseconds;
  for (;;) {
    child.assertRunning();
    const { active, requests } = await server.counts();
    const areOpen = !mustStayOpen || active >= connections;
    const isLoadRunning = isSpawned(child.output()) && requests - before.requests >= connections;
    if (areOpen && isLoadRunning) return;
    if (Date.now() > limit) {
      const missing = `${requests - before.requests} requests, ${active} open connections`;
      throw new Error(`not there after ${readyLimitMilliseconds / 1000} s: ${missing}`);
    }
    await sleep(50);
  }
}

async function snapshot(server, child) {
  child.assertRunning();
  const counts = await server.counts();
  return {
    ...counts,
    seconds: performance.now() / 1000,
    clientCpuSeconds: cpuSeconds(child.pid),
    serverCpuSeconds: cpuSeconds(server.child.pid),
  };
}

function difference(first, last) {
  const seconds = last.seconds - first.seconds;
  const requests = last.requests - first.requests;
  const cpu = last.clientCpuSeconds - first.clientCpuSeconds;
  if (requests === 0) throw new Error('no request was served in the window');
  return {
    requestsPerSecond: requests / seconds,
    requestsPerCore: requests / cpu,
    cpuMillisecondsPerThousand: (cpu * 1e6) / requests,
    clientUtilization: cpu / seconds,
    serverUtilization: (last.serverCpuSeconds - first.serverCpuSeconds) / seconds,
    openConnections: last.active,
    newConnectionsPerRequest: (last.accepted - first.accepted) / requests,
  };
}
