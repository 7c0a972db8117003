import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Python } from './find-python.js';
import { installerEnvironment } from './inherited-environment.js';
import { installFailure, venvMissing } from './install-failure.js';
import type { Environment } from '../environment.js';
import { SupervisedProcess } from '../process/processes.js';

/** What {@link installLocust} needs. */
export interface InstallRequest {
  readonly python: Python;
  /** Folder of the virtual environment; must not exist. */
  readonly directory: string;
  /** Path of the pinned requirements. */
  readonly requirements: string;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/** No file but those whose hashes are pinned, and no program of a package that runs while it is installed. */
const checked = ['--require-hashes', '--only-binary', ':all:'] as const;

/**
 * Makes a virtual environment and installs the requirements, every file checked against its pinned hash: with uv when
 * it is on the PATH, else with Python's own venv and pip.
 *
 * @throws LoadwrightError `LOCUST_UNAVAILABLE`; the reason of the signal when it is aborted, nothing then runs on.
 */
export async function installLocust(request: InstallRequest): Promise<void> {
  const { python, directory, requirements } = request;
  const environmentPython = join(directory, 'bin', 'python');
  if (await hasUv(request)) {
    await run(request, 'uv', ['uv', 'venv', '--quiet', '--python', python.executable, directory]);
    await run(request, 'uv', [
      ...['uv', 'pip', 'install', '--python', environmentPython, '--compile-bytecode', '--no-progress'],
      ...[...checked, '--requirements', requirements],
    ]);
    return;
  }
  if (!python.canMakeEnvironments) throw venvMissing(python);
  await run(request, 'venv', [python.executable, '-m', 'venv', directory]);
  await run(request, 'pip', [
    ...[environmentPython, '-m', 'pip', 'install', '--no-input', '--progress-bar', 'off'],
    ...['--disable-pip-version-check', ...checked, '--requirement', requirements],
  ]);
}

async function hasUv({ environment, signal }: InstallRequest): Promise<boolean> {
  const { failed } = await execa('uv', ['--version'], {
    env: installerEnvironment(environment),
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 30_000,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  return !failed;
}

async function run(request: InstallRequest, tool: string, command: readonly string[]): Promise<void> {
  const { python, environment, signal, onProgress } = request;
  signal.throwIfAborted();
  const output: string[] = [];
  const installer = new SupervisedProcess({
    file: python.executable,
    arguments: [fileURLToPath(new URL('./run_with_lifeline.py', import.meta.url)), ...command],
    environment: installerEnvironment(environment),
    onLine: (line) => {
      output.push(withoutCredentials(line));
      const progress = /^(?:Collecting|Installing|Resolved|Prepared|Installed) .*/.exec(line)?.[0];
      if (progress) onProgress(shorten(progress));
    },
  });
  const stop = () => installer.signalGroup('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  const exit = await installer.exited;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (exit.code !== 0) throw installFailure({ tool, exit: exit.description, output, python });
}

/** Package indexes may be given as URLs that hold a password. */
function withoutCredentials(line: string): string {
  return line.replace(/\/\/[^\s/@]+@/g, '//***@');
}

/** `Collecting gevent==25.9.1 (from -r /…/requirements.txt (line 310))` → `Collecting gevent==25.9.1`. */
function shorten(line: string): string {
  const text = line.replace(/ \(from .*$/, '');
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
