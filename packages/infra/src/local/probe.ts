import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadwrightError, preflightCommand, readPreflightAnswer, type Probe } from '@loadwright/core/fleet';
import type { Environment } from '../environment.js';
import { inheritedEnvironment } from './inherited-environment.js';
import { homeWithoutConfiguration } from './home.js';
import { SupervisedProcess } from '../process/processes.js';

/** A request that was asked to end is given up at once. */
const graceMilliseconds = 0;

/**
 * Makes requests with a Locust of this machine, in the environment that workers of this machine have.
 *
 * @param executable The locust command.
 */
export function probeWith(executable: string, surroundings: Environment): Probe {
  return async ({ directory, environment, path, signal }) => {
    const command = preflightCommand(path);
    const lines: string[] = [];
    const home = await mkdtemp(join(tmpdir(), 'loadwright-home-'));
    try {
      const process = new SupervisedProcess({
        file: executable,
        arguments: command.arguments,
        directory,
        environment: {
          ...inheritedEnvironment(surroundings),
          ...homeWithoutConfiguration(surroundings, home),
          ...environment,
          ...command.variables,
        },
        onLine: (line) => lines.push(line),
      });
      const stop = () => void process.end(graceMilliseconds);
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
      await process.exited;
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) throw new LoadwrightError('ABORTED', 'The preflight was stopped.');
      return readPreflightAnswer(lines);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  };
}
