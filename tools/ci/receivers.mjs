import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ensureGoTools, goTool } from '../../benchmarks/lib/go-tools.mjs';
import { freePort } from '../../benchmarks/lib/server.mjs';
import { root } from '../lib/paths.mjs';
import { CommandFailed, execute, mustRun } from '../lib/processes.mjs';
import { until } from './until.mjs';

/** The exit code of a measurement that cannot be trusted. */
const invalid = 96;

/** A UDP port of 127.0.0.1 that nobody has. */
async function freeUdpPort() {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/**
 * A run hands its figures to Debian's Prometheus and InfluxDB and to Prometheus's StatsD exporter, which reads DogStatsD too, while
 * it goes on: what they then have is what the summary says. Debian's packages are unpacked, not installed, so that no service of theirs begins.
 *
 * @param {{ env: NodeJS.ProcessEnv, folder: string, requests?: number }} options folder: an existing one for files; requests:
 *   how many the run has
 */
export async function checkReceivers({ env, folder, requests }) {
  const own = join(folder, 'receivers');
  mkdirSync(own);
  await ensureGoTools(['statsd_exporter']);
  await mustRun('apt-get', ['download', 'prometheus', 'influxdb'], { cwd: own, quiet: true });
  for (const file of readdirSync(own))
    await mustRun('dpkg-deb', ['-x', file, '.'], { cwd: own, quiet: true });

  const prometheus = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(own, 'prometheus.yml'), 'global: {}\n');
  const influx = `127.0.0.1:${await freePort()}`;
  writeFileSync(
    join(own, 'influxdb.conf'),
    [
      'reporting-disabled = true',
      `bind-address = "127.0.0.1:${await freePort()}"`,
      `[meta]\ndir = "${own}/meta"`,
      `[data]\ndir = "${own}/data"\nwal-dir = "${own}/wal"`,
      `[http]\nbind-address = "${influx}"\n`,
    ].join('\n'),
  );
  const statsd = { udp: `127.0.0.1:${await freeUdpPort()}`, web: `127.0.0.1:${await freePort()}` };
  const options = { cwd: own, stdio: 'ignore' };
  const servers = [
    spawn(
      join(own, 'usr/bin/prometheus'),
      [
        '--config.file=prometheus.yml',
        '--storage.tsdb.path=tsdb',
        `--web.listen-address=${prometheus}`,
        '--web.enable-remote-write-receiver',
      ],
      options,
    ),
    spawn(join(own, 'usr/bin/influxd'), ['-config', 'influxdb.conf'], options),
    spawn(
      goTool('statsd_exporter'),
      [`--statsd.listen-udp=${statsd.udp}`, '--statsd.listen-tcp=', `--web.listen-address=${statsd.web}`],
      options,
    ),
  ];
  try {
    await until('Prometheus is ready', async () => (await fetch(`http://${prometheus}/-/ready`)).ok);
    await until('InfluxDB is ready', async () => (await fetch(`http://${influx}/ping`)).ok);
    await until('the StatsD exporter is ready', async () => (await fetch(`http://${statsd.web}/metrics`)).ok);
    await fetch(`http://${influx}/query?q=CREATE%20DATABASE%20loads`, { method: 'POST' });
    return await compare({ env, own, requests, prometheus, influx, statsd });
  } finally {
    await Promise.all(
      servers.map(async (server) => {
        if (server.exitCode !== null) return;
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGKILL');
        await ended;
      }),
    );
  }
}

async function compare({ env, own, requests, prometheus, influx, statsd }) {
  const { accounting, verdict } = await runExported({
    ...{ env, folder: own, requests },
    exporters: [
      { kind: 'prometheus-remote-write', url: `http://${prometheus}/api/v1/write` },
      { kind: 'influxdb', url: `http://${influx}`, database: 'loads' },
      { kind: 'statsd', url: `udp://${statsd.udp}` },
      { kind: 'statsd', url: `udp://${statsd.udp}`, dialect: 'plain', prefix: 'plain.' },
    ],
  });
  const { hold, counts: judged } = comparison();
  for (const count of exportedCounts) {
    const query = `sum(last_over_time(loadwright_requests_${count}_total[10m])) or vector(0)`;
    const { data } = await ask(`http://${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
    hold(`Prometheus, ${count}`, data.result[0]?.value[1], accounting[count]);
    const select = encodeURIComponent(`SELECT sum(${count}) FROM loadwright_requests`);
    const { results } = await ask(`http://${influx}/query?db=loads&q=${select}`);
    hold(`InfluxDB, ${count}`, results[0].series?.[0].values[0][1], accounting[count]);
  }
  const { data } = await ask(
    `http://${prometheus}/api/v1/query?query=last_over_time(loadwright_verdict%5B10m%5D)`,
  );
  hold('Prometheus, verdict', data.result[0]?.metric.verdict, verdict);
  await compareStatsd({ statsd, hold, accounting });
  return judged();
}

/** Both dialects. What was sampled, the receiver counts as often as it occurred. */
async function compareStatsd({ statsd, hold, accounting }) {
  const sumOf = async (pattern) => {
    const text = await (await fetch(`http://${statsd.web}/metrics`)).text();
    return [...text.matchAll(/^(\w+)(?:\{.*\})? (\S+)$/gm)]
      .filter(([, name]) => pattern.test(name))
      .reduce((sum, [, , value]) => sum + Number(value), 0);
  };
  const dialects = { DogStatsD: '^loadwright_', StatsD: '^plain_receivers_\\w+_' };
  for (const [dialect, prefix] of Object.entries(dialects)) {
    for (const count of exportedCounts) {
      const expected = accounting[count];
      const pattern = new RegExp(`${prefix}requests_${count}(_|$)`);
      // It hands on what has come five times a second.
      await until(`${dialect} has all`, async () => (await sumOf(pattern)) >= expected).catch(() => {});
      hold(`${dialect}, ${count}`, await sumOf(pattern), expected);
    }
    const times = await sumOf(new RegExp(`${prefix}http_req_service_count$`));
    hold(`${dialect}, values of a trend`, times, accounting.succeeded + accounting.failed);
  }
}

/** The counts of a summary that every receiver gets. */
export const exportedCounts = ['due', 'sent', 'succeeded', 'failed'];

/** Holds what receivers have against a summary; a test for each. */
export function comparison() {
  let passed = 0;
  const failures = [];
  return {
    hold(what, found, expected) {
      if (String(found) === String(expected)) passed += 1;
      else failures.push(`${what}: ${found}, and ${expected} in the summary`);
    },
    counts: () => ({ passed, failed: failures.length, failures }),
  };
}

/**
 * A run that hands its figures over, against a server that answers at once.
 *
 * @param {{ env: NodeJS.ProcessEnv, folder: string, exporters: object[], requests?: number }} options requests: how many become
 *   due, at as many a second as one worker, the server and all receivers do on two cores beside other work
 * @returns its summary
 */
export async function runExported({ env, folder, exporters, requests = 2400 }) {
  const rate = requests > 100_000 ? 2000 : 400;
  const project = join(folder, 'project');
  mkdirSync(project);
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${server.address().port}/v1`;
  const configuration = {
    name: 'receivers',
    target: { kind: 'rest', baseUrl, route: '/predict', body: {} },
    load: { profile: 'arrivals', arrivalRate: `${rate}/s`, duration: `${requests / rate}s` },
    exporters,
  };
  writeFileSync(join(project, 'loadwright.config.json'), JSON.stringify(configuration));
  const command = join(root, 'packages/cli/dist/bin.js');
  try {
    const args = [command, 'run', '--no-live'];
    const { code, output } = await execute(process.execPath, args, { cwd: project, env, quiet: true });
    // Counts are what they are where this machine was too busy for times.
    if (code !== 0 && code !== invalid) throw new CommandFailed(process.execPath, args, code, output);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  const [runId] = readdirSync(join(project, 'results/receivers'));
  const file = join(project, 'results/receivers', runId, 'summary.json');
  return JSON.parse(readFileSync(file, 'utf8'));
}

const ask = async (url) => (await fetch(url)).json();
