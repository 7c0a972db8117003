/** What a master costs with many workers: one real master, and simulated workers that send it the reports of real ones. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeBundle } from './bundles.mjs';
import { clientsFolder, venvBin } from './paths.mjs';
import { cpuSeconds, start } from './processes.mjs';
import { freePort } from './server.mjs';
import { until } from './truth.mjs';

const ratePerWorker = 100;
const settleSeconds = 3;

/**
 * Reads statistics and series once a second meanwhile, as the command does. Throws when the master's sum is not that of the
 * reports.
 *
 * @param {import('./measure.mjs').Setup} setup
 * @param {{ workers: number, names: number, seconds: number }} options names: of requests, which share 100 requests/s of each
 * worker
 * @returns {Promise<{ shareOfCore: number, limit: number, requests: number }>} shareOfCore: CPU time of the master ÷ time;
 * limit: at how many workers it would be 1, if each costs the same
 */
export async function masterLoad(setup, { workers, names, seconds }) {
  const folder = mkdtempSync(join(setup.folder, 'master-'));
  const file = (name) => join(folder, name);
  const bundle = file('bundle');
  mkdirSync(bundle);
  // Nobody sends anything there.
  const locustfile = writeBundle(bundle, { target: 'chalice', host: 'http://127.0.0.1:9', users: workers });
  const [port, webPort] = [await freePort(), await freePort()];
  const launch = { cwd: folder, descriptors: setup.descriptors };
  const env = { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1' };
  const master = start(
    [
      ...[venvBin('locust'), '-f', locustfile, '--master', '--master-bind-host', '127.0.0.1'],
      ...['--master-bind-port', String(port), '--web-host', '127.0.0.1', '--web-port', String(webPort)],
    ],
    { ...launch, core: setup.cores.server, env, log: file('master.log') },
  );
  const url = `http://127.0.0.1:${webPort}`;
  const read = (path) => fetch(`${url}${path}`).then((response) => response.json());
  const post = async (path, form) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: new URLSearchParams(form) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  let many;
  try {
    await until(master, () => read('/loadwright/statistics').catch(() => undefined));
    const simulation = [join(clientsFolder, 'simulated_workers.py'), port, workers, names, ratePerWorker];
    many = start([venvBin('python'), ...simulation.map(String)], {
      ...launch,
      core: setup.cores.client,
      env: { ...env, PYTHONPATH: bundle },
      log: file('workers.log'),
    });
    await until(many, async () => (await read('/loadwright/statistics')).workers.length === workers);
    await post('/swarm', { user_count: workers, spawn_rate: workers });
    let revision = 0;
    const follow = async () => {
      await read('/loadwright/statistics');
      ({ revision } = await read(`/loadwright/series?after=${revision}`));
      await sleep(1000);
    };
    for (let second = 0; second < settleSeconds; second += 1) await follow();
    const [cpu, began] = [cpuSeconds(master.pid), performance.now()];
    while (performance.now() - began < seconds * 1000) await follow();
    const shareOfCore = (cpuSeconds(master.pid) - cpu) / ((performance.now() - began) / 1000);
    await post('/loadwright/stop', { by: 'the benchmark' });
    const { total, refusedReports, missingReports } = await read('/loadwright/statistics');
    await until(many, () => existsSync(file('reported')));
    const reported = Number(readFileSync(file('reported'), 'utf8'));
    if (total.succeeded !== reported || refusedReports || missingReports)
      throw new Error(
        `the workers reported ${reported} requests, the master knows ${total.succeeded}; ${refusedReports} reports were refused, ${missingReports} are missing`,
      );
    return { shareOfCore, limit: Math.round(workers / shareOfCore), requests: reported };
  } finally {
    await many?.stop('SIGKILL');
    await master.stop('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}
