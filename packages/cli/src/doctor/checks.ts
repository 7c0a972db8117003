import { execFile } from 'node:child_process';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { checkPayloads } from '@loadwright/core/command';
import { isLoadwrightError, type Finding, type Target } from '@loadwright/core';
import { validate } from '@loadwright/core/fleet';
import { minVersion, satisfies } from 'semver';
import type { LoadedConfig } from '@loadwright/core/config';
import type { CliIo } from '../shell/io.js';
import { createConfiguredTest } from '../run/load-test.js';
import { formatNumber } from '@loadwright/core/report';

/** Is this Node.js new enough? */
export async function checkNode(version = process.versions.node): Promise<Finding> {
  const file = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const needed = (JSON.parse(file) as { engines: { node: string } }).engines.node;
  return satisfies(version, needed)
    ? { subject: 'Node.js', state: 'good', detail: version }
    : {
        subject: 'Node.js',
        state: 'problem',
        detail: version,
        remedy: `install Node.js ${minVersion(needed)} or newer`,
      };
}

/** The Python and the Locust of the local fleet. With `fix` a Locust that is missing is installed. */
export async function checkLocust(
  io: CliIo,
  { fix, signal, onProgress }: { fix: boolean; signal: AbortSignal; onProgress: (line: string) => void },
): Promise<Finding[]> {
  const { ensureLocust, findLocust, findPython } = await import('@loadwright/infra/local');
  const options = { environment: io.environment };
  const python = await attempt('Python', async () => {
    const found = await findPython(options, { signal });
    const complete = found.canMakeEnvironments;
    return {
      subject: 'Python',
      state: complete ? 'good' : 'missing',
      detail: `${found.version} (${found.executable})${complete ? '' : ', without the module venv'}`,
      ...(!complete && { remedy: 'on Debian and Ubuntu: apt install python3-venv; or install uv' }),
    };
  });
  const locust = await attempt('Locust', async () => {
    const found = fix
      ? await ensureLocust(options, { signal, onProgress })
      : await findLocust(options, { signal });
    return found
      ? {
          subject: 'Locust',
          state: 'good',
          detail: `${found.version}${found.managed ? ', managed' : ''} (${found.executable})`,
        }
      : {
          subject: 'Locust',
          state: 'missing',
          detail: 'not installed yet',
          remedy: 'the first run installs it; to do it now: loadwright doctor --fix',
        };
  });
  return [python, locust];
}

/** A program that is useful but not needed. */
export async function checkProgram(command: string, use: string, { environment }: CliIo): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)(command, ['--version'], {
      env: { ...environment },
      timeout: 10_000,
    });
    return { subject: command, state: 'good', detail: stdout.trim().split('\n')[0] ?? '' };
  } catch {
    return { subject: command, state: 'missing', detail: 'not found', remedy: `optional: ${use}` };
  }
}

/** Docker, whose program says its version also where no daemon runs anything. */
export async function checkDocker({ environment }: CliIo): Promise<Finding> {
  const use = 'optional: runs a rendered bundle: docker compose up --scale worker=16';
  try {
    const { stdout } = await promisify(execFile)(
      'docker',
      ['version', '--format', '{{.Server.Version}}'],
      // A daemon elsewhere may not answer at all.
      { env: { ...environment }, timeout: 5000 },
    );
    return { subject: 'docker', state: 'good', detail: `daemon ${stdout.trim()}` };
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
    return {
      subject: 'docker',
      state: 'missing',
      detail: isThere ? 'the program is there, and no daemon answers it' : 'not found',
      remedy: isThere ? `${use}. Start the daemon, or name it in DOCKER_HOST` : use,
    };
  }
}

/** The variables of a target: whether they are set, and whether credentials are found at all. */
export async function checkTarget(target: Target, baseDirectory: string, io: CliIo): Promise<Finding[]> {
  const { definition } = target;
  const options = validate(definition.options, target.options, { field: 'target' });
  const variables = definition.environment?.(options) ?? [];
  const resolved = definition.resolveEnvironment;
  const found = resolved
    ? await attempt('credentials of the target', async () => {
        const signal = AbortSignal.timeout(20_000);
        await resolved.call(definition, options, { environment: io.environment, baseDirectory, signal });
        return { subject: 'credentials of the target', state: 'good', detail: 'found' };
      })
    : undefined;
  return [
    ...variables.map(({ name, required, description }): Finding => {
      if (io.environment[name]) return { subject: name, state: 'good', detail: 'set' };
      // Credentials may come from elsewhere, for instance from a profile; then the variable is not missed.
      const missed = required && !resolved;
      return {
        subject: name,
        state: missed ? 'problem' : 'missing',
        detail: 'not set',
        remedy: `${required ? '' : 'optional: '}${description}`,
      };
    }),
    ...(found ? [found] : []),
  ];
}

/** Whether the configuration is one that a run takes: its load, workers and thresholds too. */
export async function checkTest(loaded: LoadedConfig, { environment }: CliIo): Promise<Finding> {
  return attempt('configuration', async () => {
    await createConfiguredTest(loaded, { environment });
    return { subject: 'configuration', state: 'good', detail: loaded.file };
  });
}

/** The payloads of a target, all of which are read. Of a target without any nothing. */
export async function checkPayloadsOf(
  { definition, options }: Target,
  baseDirectory: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  const valid = validate(definition.options, options, { field: 'target' });
  const source = definition.payloads?.(valid);
  if (!source) return [];
  const finding = await attempt('payloads', async () => {
    const count = await checkPayloads(source, {
      ...{ baseDirectory, signal },
      bodyLimit: (requests) => definition.bodyLimit?.(valid, requests),
    });
    const detail = `${formatNumber(count)} ${count === 1 ? 'payload' : 'payloads'}`;
    return { subject: 'payloads', state: 'good', detail };
  });
  return [finding];
}

/** Can results be written? Nothing is made to find out. */
export async function checkResults(directory: string): Promise<Finding> {
  for (let existing = resolve(directory); ; existing = dirname(existing)) {
    try {
      if (!(await stat(existing)).isDirectory()) throw new Error('not a folder');
      await access(existing, constants.W_OK);
      return { subject: 'results', state: 'good', detail: directory };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && existing !== dirname(existing)) continue;
      return {
        subject: 'results',
        state: 'problem',
        detail: `${existing} cannot be written to`,
        remedy: 'name another folder with --results or the variable LOADWRIGHT_RESULTS',
      };
    }
  }
}

/** A finding, or the problem behind an error. */
async function attempt(subject: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (!isLoadwrightError(error) || error.code === 'ABORTED') throw error;
    return { subject, state: 'problem', detail: error.message, remedy: error.hint, next: error.next };
  }
}
