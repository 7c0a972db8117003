/** What Loadwright reports, beside what the server knows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeBundle } from './bundles.mjs';
import { clientEnvironment } from './clients.mjs';
import { benchmarks, venvBin } from './paths.mjs';
import { start } from './processes.mjs';
import { freePort } from './server.mjs';
import { percentile } from './statistics.mjs';
import { readsPlugin, watchLoopback } from './wake-up.mjs';

const fractions = [0.5, 0.9, 0.99, 0.999];

// What is on its way when the server stalls truly takes 2 s: at most maxInFlight requests. As half a percent of all they lie
// beyond the 99th percentile of the service times, however many connections there are.
const stalledShare = 0.005;

// Of Locust's own to become ready, or to stop.
const patienceMilliseconds = 30_000;

// More than any of these runs makes.
const mostRequestsPerSecond = 10_000;

/**
 * Percentiles of the service time against the server's own log, and against what the kernel saw on loopback. What lies
 * between those two is no doing of the generator: the server's process learns of a request when the scheduler lets it.
 * After that the client's process has to be woken; what then is left is the generator's own.
 *
 * @param {import('./measure.mjs').Setup} setup
 * @param {{ connections: number, seconds: number, medianMilliseconds: number }} options
 * @returns {Promise<{ rows: object[], worst: number, worstOwn: number, wakeUp: object, requests: number }>} worst: largest
 * error as a part of the allowed one; worstOwn: the same beside the kernel's times with the wake-up
 */
export async function accuracy(setup, { connections, seconds, medianMilliseconds }) {
  const { statistics, times, answers } = await observe(setup, {
    users: connections,
    watched: (seconds + patienceMilliseconds / 1000) * mostRequestsPerSecond,
    server: { BENCHMARK_MEDIAN_MS: String(medianMilliseconds) },
    watch: () => sleep(seconds * 1000),
  });
  const log = sorted(times);
  for (const [who, count] of Object.entries({ counted: countOf(statistics), seen: answers.length })) {
    if (Math.abs(log.length - count) > connections)
      throw new Error(`the server answered ${log.length} requests, ${count} were ${who}`);
  }
  const kernelTimes = sorted(answers.map(({ kernel }) => kernel));
  const wokenTimes = sorted(answers.map(({ kernel, wakeUp }) => kernel + wakeUp));
  const rows = fractions.map((fraction) => {
    const [server, kernel, woken] = [log, kernelTimes, wokenTimes].map((list) => percentile(list, fraction));
    const reported = percentile(statistics.total.trends.http_req_service.histogram, fraction);
    return { fraction, server, kernel, woken, reported, allowed: Math.max(server / 100, 0.1) };
  });
  const worst = (truth) => Math.max(...rows.map((row) => Math.abs(row.reported - row[truth]) / row.allowed));
  const wakeUps = sorted(answers.map(({ wakeUp }) => wakeUp));
  const wakeUp = Object.fromEntries([0.5, 0.99].map((fraction) => [fraction, percentile(wakeUps, fraction)]));
  return { rows, worst: worst('server'), worstOwn: worst('woken'), wakeUp, requests: log.length };
}

/** Requests that ended, of statistics as far as they are there. */
const countOf = (statistics) => (statistics ? statistics.total.succeeded + statistics.total.failed : 0);

/** Values in order, as a histogram has them. */
const sorted = (values) => Array.from(Float64Array.from(values).sort(), (value) => [value, 1]);

/**
 * Arrivals at a constant rate, over TLS, while the server stalls once for 2 s.
 *
 * @param {import('./measure.mjs').Setup} setup
 * @param {{ ratePerSecond: number, seconds: number }} options
 * @returns the 99th percentiles of both times in milliseconds, and how many arrivals were sent
 */
export async function stall(setup, { ratePerSecond, seconds }) {
  const { certificates } = setup;
  const { statistics } = await observe(setup, {
    users: 1,
    arrivals: {
      kind: 'constant',
      startRate: ratePerSecond,
      stages: [{ durationSeconds: 3600, ratePerSecond }],
      maxInFlight: Math.floor(ratePerSecond * seconds * stalledShare),
    },
    server: {
      BENCHMARK_MEDIAN_MS: '0',
      BENCHMARK_CERTIFICATE: certificates.certificate,
      BENCHMARK_KEY: certificates.key,
    },
    async watch(server) {
      await sleep((seconds * 1000) / 2);
      process.kill(server.pid, 'SIGUSR2');
      await sleep((seconds * 1000) / 2);
    },
  });
  const { trends, failed } = statistics.total;
  if (!trends.http_req_response) throw new Error('the runtime reports no response times');
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return {
    servicePercentile99: percentile(trends.http_req_service.histogram, 0.99),
    responsePercentile99: percentile(trends.http_req_response.histogram, 0.99),
    requests: countOf(statistics),
  };
}

/**
 * A trace that goes from a calm to a burst every half second, replayed by one worker. How late a request comes to the server is
 * its time there beside that of the trace, less the least such difference of all: the way of the fastest one.
 *
 * @param {import('./measure.mjs').Setup} setup
 * @param {{ calm: number, burst: number, seconds: number }} options calm, burst: requests/s
 * @returns {Promise<{ latePercentile50: number, latePercentile99: number, latest: number, requests: number }>} in milliseconds
 */
export async function replay(setup, { calm, burst, seconds }) {
  const schedule = Array.from({ length: 2 * seconds }, (_, half) => {
    const count = (half % 2 === 0 ? calm : burst) / 2;
    return Array.from({ length: count }, (_each, index) => (half + index / count) / 2);
  }).flat();
  const { statistics, arrivals } = await observe(setup, {
    users: 1,
    arrivals: { kind: 'trace', speed: 1, startRate: 0, stages: [], maxInFlight: burst },
    schedule,
    server: { BENCHMARK_MEDIAN_MS: '0' },
    watch: () => sleep((seconds + 1) * 1000),
  });
  const { failed } = statistics.total;
  if (failed > 0 || arrivals.length !== schedule.length)
    throw new Error(`${arrivals.length} of ${schedule.length} requests came, and ${failed} failed`);
  const differences = Float64Array.from(arrivals)
    .sort()
    .map((at, index) => at - schedule[index] * 1000);
  const least = differences.reduce((one, other) => Math.min(one, other));
  const late = sorted(differences.map((difference) => difference - least));
  return {
    latePercentile50: percentile(late, 0.5),
    latePercentile99: percentile(late, 0.99),
    latest: percentile(late, 1),
    requests: arrivals.length,
  };
}

/**
 * Runs a bundle with Locust's web API against a server that logs, and returns what both say, and the kernel if asked.
 *
 * @param {import('./measure.mjs').Setup} setup
 * @param {{ script?: string, server: Record<string, string>, watched?: number, watch: (server: object) => Promise<unknown> }} options
 * script: in the folder of servers; server: its variables; watched: how many requests the kernel's times are kept of; and what
 * {@link writeBundle} takes
 */
export async function observe(
  setup,
  { script = 'service-times.mjs', server: serverEnvironment, watched, watch, ...bundle },
) {
  const { users } = bundle;
  const folder = mkdtempSync(join(setup.folder, 'truth-'));
  const file = (name) => join(folder, name);
  const launch = { cwd: folder, descriptors: setup.descriptors };
  const server = start([process.execPath, join(benchmarks, 'servers', script)], {
    ...launch,
    core: setup.cores.server,
    env: { ...serverEnvironment, BENCHMARK_TIMES: file('times') },
    log: file('server.log'),
  });
  let client;
  let observer;
  try {
    const port = await until(server, () => /^port (\d+)$/m.exec(server.output())?.[1]);
    const host = `${serverEnvironment.BENCHMARK_KEY ? 'https' : 'http'}://127.0.0.1:${port}`;
    const locustfile = writeBundle(file('bundle'), { target: 'chalice', host, ...bundle });
    const webPort = await freePort();
    const web = ['--web-host', '127.0.0.1', '--web-port', String(webPort), '--autostart'];
    if (watched) {
      const watching = { ...launch, core: setup.cores.client };
      observer = await watchLoopback({ port, requests: watched, folder, launch: watching });
    }
    const files = [locustfile, ...(observer ? [readsPlugin] : [])].join(',');
    client = start([venvBin('locust'), '-f', files, ...web, '-u', String(users), '-r', String(users)], {
      ...launch,
      core: setup.cores.client,
      env: { ...clientEnvironment(setup.certificates), ...observer?.environment },
      log: file('client.log'),
    });
    const read = () =>
      fetch(`http://127.0.0.1:${webPort}/loadwright/statistics`).then(
        (response) => response.json(),
        () => undefined,
      );
    await until(client, async () => countOf(await read()) >= users);
    await watch(server);
    const body = new URLSearchParams({ by: 'the benchmark' });
    await fetch(`http://127.0.0.1:${webPort}/loadwright/stop`, { method: 'POST', body });
    const statistics = await until(client, async () => {
      const document = await read();
      return document?.test?.settledAt === undefined ? undefined : document;
    });
    await client.stop();
    await server.stop();
    const seen = JSON.parse(readFileSync(file('times'), 'utf8'));
    return { statistics, ...seen, ...(observer && { answers: await observer.finish() }) };
  } finally {
    await client?.stop('SIGKILL');
    await observer?.stop();
    await server.stop('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

export async function until(child, answer) {
  const limit = Date.now() + patienceMilliseconds;
  for (;;) {
    child.assertRunning();
    const value = await answer();
    if (value) return value;
    if (Date.now() > limit) throw new Error(`nothing came of it:\n${child.output().slice(-800)}`);
    await sleep(50);
  }
}
