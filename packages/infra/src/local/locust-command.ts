import { LoadwrightError } from '@loadwright/core/fleet';
import { execa } from 'execa';
import { inheritedEnvironment } from './inherited-environment.js';
import type { Environment } from '../environment.js';
import type { Named } from './options.js';

/** The oldest Locust that is tested (`loadwright_runtime/locust/versions.py`): of newer ones a report warns. */
const oldestLocust = [2, 46, 0] as const;

/** A Locust that can be run. */
export interface LocustInstallation {
  /** Path or name of the locust command. */
  readonly executable: string;
  /** For example `2.47.0`. */
  readonly version: string;
  /** True for the one that Loadwright made, false for one that was named. */
  readonly managed: boolean;
}

/** The version of a locust command; undefined when it cannot be run or is something else. */
export async function readLocustVersion(
  executable: string,
  environment: Environment,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { stdout } = await execa(executable, ['--version'], {
    env: { ...inheritedEnvironment(environment), PYTHONDONTWRITEBYTECODE: '1' },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: 60_000,
    cancelSignal: signal,
  });
  signal?.throwIfAborted();
  return /^locust (\d+\.\d+\.\d+)/m.exec(stdout ?? '')?.[1];
}

/**
 * Checks a Locust that the user named.
 *
 * @throws LoadwrightError `LOCUST_UNAVAILABLE` when it cannot be run or is too old.
 */
export async function checkNamedLocust(
  { value, source }: Named,
  environment: Environment,
  signal?: AbortSignal,
): Promise<LocustInstallation> {
  const version = await readLocustVersion(value, environment, signal);
  if (version && isNewEnough(version)) return { executable: value, version, managed: false };
  throw new LoadwrightError(
    'LOCUST_UNAVAILABLE',
    version
      ? `${value} (${source}) is Locust ${version}; Loadwright needs ${oldestLocust.join('.')} or newer.`
      : `${value} (${source}) is not a Locust that can be run: "${value} --version" did not print its version.`,
    { hint: `Correct the ${source}, or leave it out: Loadwright then makes a Locust of its own.` },
  );
}

function isNewEnough(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of oldestLocust.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return part > oldest;
  }
  return true;
}
