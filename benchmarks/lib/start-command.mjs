/** How long a command takes to begin. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, venvBin } from './paths.mjs';

/**
 * A local run with two workers, from the command to its first requests, with the managed environment there.
 *
 * @returns {Promise<{ preflightSeconds: number, loadSeconds: number }>} until the one request before the load, and until the first
 * of the load
 */
export async function startCommand() {
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
      env: { ...process.env, LOADWRIGHT_LOCUST: venvBin('locust') },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  command.stdout.on('data', (chunk) => (said += chunk));
  await once(command, 'close');
  server.close();
  rmSync(folder, { recursive: true });
  if (arrivals.length < 2) throw new Error(`there was no load:\n${said}`);
  const [preflightSeconds, loadSeconds] = arrivals.slice(0, 2).map((arrival) => (arrival - begin) / 1000);
  return { preflightSeconds, loadSeconds };
}
