import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptProbe, type Probe } from '@loadwright/core/fleet';
import type { Environment } from '../environment.js';
import { inheritedEnvironment } from './inherited-environment.js';
import { homeWithoutConfiguration } from './home.js';
import { SupervisedProcess } from '../process/processes.js';

/**
 * Makes requests with a Locust of this machine, in the environment that workers of this machine have.
 *
 * @param executable The locust command.
 */
export function probeWith(executable: string, surroundings: Environment): Probe {
  return keptProbe(async ({ directory, environment }, command, onLine) => {
    const home = await mkdtemp(join(tmpdir(), 'loadwright-home-'));
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
      hasInput: true,
      onLine,
    });
    return { process, ended: process.exited.finally(() => rm(home, { recursive: true, force: true })) };
  });
}
