/**
 * `node benchmarks/growth.mjs [millions]`: whether the command and the master grow with the number of requests. One local run with one
 * worker against nginx, as fast as it goes, until it has made so many million requests (10 by default); prints the resident memory
 * of each process at every million. Needs a build, nginx and two cores.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificates } from './lib/certificates.mjs';
import { chooseCores } from './lib/machine.mjs';
import { root, venvBin } from './lib/paths.mjs';
import { residentBytes } from './lib/processes.mjs';
import { startServer } from './lib/server.mjs';
import { ensureCommands, ensurePython } from './lib/tools.mjs';

const million = 1e6;
const millions = Number(process.argv[2] ?? 10);
const megabytes = (bytes) => (bytes / 1e6).toFixed(1).padStart(7);

await ensureCommands();
await ensurePython();
const folder = mkdtempSync(join(tmpdir(), 'loadwright-growth-'));
const server = await startServer({
  folder,
  certificates: makeCertificates(folder),
  launch: { core: chooseCores().server, env: { PATH: process.env.PATH }, descriptors: 2000 },
});
const configuration = {
  target: {
    kind: 'rest',
    baseUrl: server.urls.plain,
    route: '/',
    method: 'POST',
    body: { inputs: [1, 2, 3] },
  },
  workers: 1,
  load: { users: 32, duration: '2h' },
};
writeFileSync(join(folder, 'loadwright.config.json'), JSON.stringify(configuration));
const command = spawn(process.execPath, [join(root, 'packages/cli/bin/loadwright.js'), 'run', '--no-live'], {
  cwd: folder,
  env: { ...process.env, LOADWRIGHT_LOCUST: venvBin('locust') },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let said = '';
command.stdout.on('data', (chunk) => (said += chunk));
const ended = once(command, 'close');

/** The command, and the master and the worker that it started. */
function processes() {
  const started = readFileSync(`/proc/${command.pid}/task/${command.pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean);
  const line = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const find = (option) => started.find((pid) => line(pid).includes(`${option}\0`));
  return { command: command.pid, master: find('--master'), worker: find('--worker') };
}

try {
  let next = 1;
  while (next <= millions) {
    if (command.exitCode !== null) throw new Error(`the run ended early:\n${said.slice(-2000)}`);
    const { requests } = await server.counts();
    if (requests < next * million) {
      await sleep(50);
      continue;
    }
    const sizes = Object.entries(processes()).map(
      ([name, pid]) => `${name} ${megabytes(residentBytes(pid))} MB`,
    );
    process.stdout.write(`${String(next).padStart(3)} million requests: ${sizes.join(', ')}\n`);
    next += 1;
  }
} finally {
  command.kill('SIGINT');
  await ended;
  await server.stop();
  rmSync(folder, { recursive: true });
}
