import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Starts an emulator with the installed command, as a user does, and stops it when the work is done.
 *
 * @param {readonly string[]} args what follows `loadwright emulate`
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @param {(emulator: { url: string, environment: Record<string, string> }) => Promise<void>} work
 */
export async function withEmulator(args, { cwd, env }, work) {
  const command = 'node_modules/@loadwright/cli/dist/bin.js';
  const child = spawn(process.execPath, [command, 'emulate', ...args, '--json'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done) throw new Error('the emulator said nothing');
    await work(JSON.parse(value));
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

/** What a configuration asks of response times is not asked of a machine that is shared with the emulator and other tests. */
export const anyTime = ['--threshold', 'http_req_duration: p(95)<60000'];
