/**
 * `node benchmarks/start.mjs [rounds]`: how long a local run with two workers takes from the command to its first requests.
 * Prints each round and the medians in seconds; 5 rounds by default. Needs a build and the Python environment of `npm test`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonBin, root } from '../tools/lib/paths.mjs';

const rounds = Number(process.argv[2] ?? 5);

/** Seconds until the one request before the load, and until the first of the load. */
async function startOnce() {
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-start-'));
  const arrivals = [];
  const server = createServer((request, response) => {
    arrivals.push(performance.now());
    request.resume().on('end', () => response.end('{}'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const configuration = {
    target: { kind: 'rest', baseUrl, route: '/', method: 'GET' },
    workers: 2,
    load: { users: 10, duration: '2s' },
  };
  writeFileSync(join(folder, 'loadwright.config.json'), JSON.stringify(configuration));
  const begin = performance.now();
  const command = spawn(
    process.execPath,
    [join(root, 'packages/cli/bin/loadwright.js'), 'run', '--no-live'],
    {
      cwd: folder,
      env: { ...process.env, LOADWRIGHT_LOCUST: pythonBin('locust') },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  command.stdout.on('data', (chunk) => (said += chunk));
  await once(command, 'close');
  server.close();
  rmSync(folder, { recursive: true });
  if (arrivals.length < 2) throw new Error(`there was no load:\n${said}`);
  return arrivals.slice(0, 2).map((arrival) => (arrival - begin) / 1000);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const measured = [];
for (let round = 1; round <= rounds; round += 1) {
  const [preflight, load] = await startOnce();
  measured.push({ preflight, load });
  process.stdout.write(`round ${round}: preflight ${preflight.toFixed(2)} s, load ${load.toFixed(2)} s\n`);
}
const [preflight, load] = ['preflight', 'load'].map((what) => median(measured.map((one) => one[what])));
process.stdout.write(`median: preflight ${preflight.toFixed(2)} s, load ${load.toFixed(2)} s\n`);
