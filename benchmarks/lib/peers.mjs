/**
 * Shares of failures beside vegeta and k6: the same arrivals for each, against the same server, which misbehaves and
 * keeps books.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../tools/lib/processes.mjs';
import { ensureGoTools, goTool } from './go-tools.mjs';
import { clientsFolder, root } from './paths.mjs';

const ratePerSecond = 40;
const seconds = 8;
const timeoutSeconds = 2;
const slowMilliseconds = (timeoutSeconds + 1) * 1000;

/** What the server does; see packages/infra/test/truth/liar-server.mjs. */
export const peerServers = {
  'hangs after 4 s': { rules: [{ from: 4, do: 'hang' }] },
  'works 500 ms on every 5th request, and resets': { rules: [{ every: 5, do: 'reset', delay: 500 }] },
  'answers 20 % after the time-out': { rules: [{ share: 0.2, do: 'answer', delay: slowMilliseconds }] },
  'answers 30 % with 429': {
    rules: [{ share: 0.3, do: 'answer', status: 429, headers: { 'retry-after': '1' } }],
  },
};

/** Standard errors of a difference between two shares that are allowed: one in 15,000 is beyond by chance. */
const allowedErrors = 4;

/**
 * @param {string} server a name of {@link peerServers}
 * @param {{ folder: string, locust: string }} options folder: for files; locust: the command that Loadwright runs
 * @returns {Promise<{ shares: Record<string, number>, differences: Record<string, number>, unaccounted: number }>} shares:
 * failed ÷ all, of each client; differences: of each peer to ours, as a part of the allowed one; unaccounted: requests
 * by which our report and the server differ
 */
export async function compareFailures(server, { folder, locust }) {
  await ensureGoTools();
  const liar = await startLiar();
  try {
    const figures = {};
    const clients = { loadwright: ours(locust), vegeta, k6 };
    for (const [name, run] of Object.entries(clients)) {
      // One request before the load is Loadwright's preflight.
      const plan = { ...peerServers[server], ignoreFirst: name === 'loadwright' ? 1 : 0 };
      const port = await liar.open(plan);
      const own = mkdtempSync(join(folder, `${name}-`));
      const told = await run(`http://127.0.0.1:${port}`, own);
      const { received } = await liar.close(port);
      rmSync(own, { recursive: true });
      figures[name] = { ...told, received };
    }
    return judge(figures);
  } finally {
    await liar.stop();
  }
}

/** @param {Record<string, { requests: number, failed: number, received: number }>} figures of each client */
function judge(figures) {
  const { loadwright, ...peers } = figures;
  const share = ({ failed, requests }) => failed / requests;
  const difference = (peer) => {
    const all = (loadwright.failed + peer.failed) / (loadwright.requests + peer.requests);
    const variance = all * (1 - all) * (1 / loadwright.requests + 1 / peer.requests);
    const found = Math.abs(share(loadwright) - share(peer));
    return found === 0 ? 0 : found / (allowedErrors * Math.sqrt(variance));
  };
  const each = (named, figure) =>
    Object.fromEntries(Object.entries(named).map(([name, one]) => [name, figure(one)]));
  return {
    shares: each(figures, share),
    differences: each(peers, difference),
    unaccounted: Math.abs(loadwright.received - loadwright.requests),
  };
}

async function vegeta(url, folder) {
  const file = join(folder, 'results');
  // What changes things is not sent again: Go's client would hide breaks of a GET behind a second one.
  writeFileSync(join(folder, 'targets'), `POST ${url}/\n`);
  const load = [`-rate=${ratePerSecond}`, `-duration=${seconds}s`, `-timeout=${timeoutSeconds}s`];
  const files = [`-targets=${join(folder, 'targets')}`, `-output=${file}`];
  await mustRun(goTool('vegeta'), ['attack', ...load, ...files], { quiet: true });
  const { stdout } = await mustRun(goTool('vegeta'), ['report', '-type=json', file], { quiet: true });
  const { requests, success } = JSON.parse(stdout);
  return { requests, failed: Math.round(requests * (1 - success)) };
}

async function k6(url, folder) {
  const file = join(folder, 'figures.json');
  const env = { ...process.env, K6_NO_USAGE_REPORT: 'true', URL: url, FIGURES: file };
  Object.assign(env, { RATE: ratePerSecond, SECONDS: seconds, TIMEOUT: timeoutSeconds });
  await mustRun(goTool('k6'), ['run', '--quiet', join(clientsFolder, 'k6_arrivals.js')], {
    env,
    quiet: true,
  });
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The command itself, as a user types it. */
const ours = (locust) => async (url, folder) => {
  const options = { baseUrl: url, route: '/', method: 'POST', timeout: `${timeoutSeconds}s` };
  const load = { arrivalRate: `${ratePerSecond}/s`, duration: `${seconds}s` };
  const thresholds = { http_req_failed: ['rate<0.9'] };
  const configuration = { target: { kind: 'chalice', ...options }, workers: 1, load, thresholds };
  writeFileSync(join(folder, 'loadwright.json'), JSON.stringify(configuration));
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  const env = { ...process.env, LOADWRIGHT_LOCUST: locust, LOADWRIGHT_CACHE_DIR: cache };
  const command = [join(root, 'packages/cli/dist/bin.js'), 'run', '--config', 'loadwright.json', '--no-live'];
  // A busy machine makes the times doubtful, not the counts.
  command.push('--tolerate', 'generator-cpu', 'event-loop-lag', 'percentile-samples');
  await mustRun(process.execPath, command, { cwd: folder, env, quiet: true });
  const [summary] = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('summary.json'));
  const { total } = JSON.parse(readFileSync(join(folder, summary), 'utf8'));
  return { requests: total.succeeded + total.failed, failed: total.failed };
};

/** The server that misbehaves, as a process of its own. */
async function startLiar() {
  const script = join(root, 'packages/infra/test/truth/liar-server.mjs');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  const control = `http://127.0.0.1:${/control (\d+)/.exec(line.toString())[1]}/scenarios`;
  const ask = async (method, path, body) => {
    const response = await fetch(`${control}${path}`, { method, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`the server said ${await response.text()}`);
    return response.json();
  };
  return {
    open: async (scenario) => (await ask('POST', '', scenario)).port,
    close: (port) => ask('DELETE', `/${port}`),
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
