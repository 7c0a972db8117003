import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const running = new Set();

/** Ends what was started, in the opposite order, and waits until it is gone. */
export async function stopAll() {
  for (const { child, exited } of [...running].reverse()) {
    child.kill('SIGTERM');
    await exited;
  }
}

/**
 * Starts a program that stays, and waits for the line that says it is ready.
 *
 * @param {(line: string) => unknown} isReady of a line of its output; what it returns, unless it is undefined, is the result
 */
export async function startUntil(command, args, { isReady, ...options }) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const started = { child, exited };
  running.add(started);
  void exited.then(() => running.delete(started));
  const said = [];
  return new Promise((resolve, reject) => {
    const read = (line) => {
      said.push(line);
      const ready = isReady(line);
      if (ready !== undefined) resolve(ready);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
    child.once('error', reject);
    void exited.then(() =>
      reject(new Error(`${command} ended before it was ready:\n${said.slice(-20).join('\n')}`)),
    );
  });
}

/** Runs a program to its end; what it writes to stderr is shown. */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const started = { child, exited };
  running.add(started);
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const code = await Promise.race([exited, new Promise((_, reject) => child.once('error', reject))]);
  running.delete(started);
  return { code, stdout: Buffer.concat(chunks).toString() };
}

/** As {@link run}. @throws where the program ends with another code than 0 */
export async function mustRun(command, args, options) {
  const { code, stdout } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return stdout;
}
