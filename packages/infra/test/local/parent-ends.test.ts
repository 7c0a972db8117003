import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { processesIn, until } from './processes.js';
import { locust, provisionRequest } from './provision-request.js';
import { casesToTry, itWhole } from '../matrix.js';

/** Starts another process that makes a fleet; returns when it has printed the line. */
async function parentAt(line: string, end?: string) {
  const request = provisionRequest();
  const program = fileURLToPath(new URL('./parent.mjs', import.meta.url));
  const parent = spawn(process.execPath, [program, JSON.stringify({ locust, request, end })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const ended = once(parent, 'exit');
  const errors = text(parent.stderr);
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: parent.stdout })
      .on('line', (printed) => printed.startsWith(line) && resolve())
      .on('close', async () => reject(new Error(`the parent did not print "${line}": ${await errors}`)));
  });
  return { parent, ended, directory: request.bundle.directory };
}

describe('when the process that made a fleet ends, nothing is left', { timeout: 180_000 }, () => {
  it.each(casesToTry(['SIGKILL', 'SIGTERM', 'SIGINT'] as const, { name: (signal) => signal, handful: 1 }))(
    'by %s',
    async (signal) => {
      const { parent, ended, directory } = await parentAt('provisioned');
      expect(processesIn(directory)).toHaveLength(3);
      parent.kill(signal);
      await ended;
      await until(() => processesIn(directory).length === 0);
    },
  );

  itWhole.each(['Starting the Locust master', 'Starting 2 workers'])('by SIGKILL at "%s"', async (step) => {
    const { parent, ended, directory } = await parentAt(step);
    await until(() => processesIn(directory).length > 0);
    parent.kill('SIGKILL');
    await ended;
    await until(() => processesIn(directory).length === 0);
  });

  itWhole.each(['exit', 'crash'])('by its own %s', async (end) => {
    const { ended, directory } = await parentAt('provisioned', end);
    await ended;
    await until(() => processesIn(directory).length === 0);
  });
});
