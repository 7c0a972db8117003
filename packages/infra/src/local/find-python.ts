import { fileURLToPath } from 'node:url';
import { LoadwrightError } from '@loadwright/core/fleet';
import { execa } from 'execa';
import { z } from 'zod';
import { inheritedEnvironment, installerEnvironment } from './inherited-environment.js';
import type { Environment } from '../environment.js';
import { resolveOptions, type LocalFleetOptions } from './options.js';

/** The oldest Python that the pinned Locust runs on. */
const oldestPython = [3, 11] as const;

const candidates = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

const description = z.object({
  executable: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  platform: z.string(),
  canMakeEnvironments: z.boolean(),
});

/** A Python on this machine. */
export interface Python {
  /** Absolute path. */
  readonly executable: string;
  /** For example `3.12.1`. */
  readonly version: string;
  /** For example `linux-x86_64`. */
  readonly platform: string;
  /** False when its modules venv and ensurepip are missing, as on Debian without the package python3-venv. */
  readonly canMakeEnvironments: boolean;
}

/**
 * Finds the Python for the managed Locust: the option `python`, the variable LOADWRIGHT_PYTHON, or the first on the
 * PATH that is new enough.
 *
 * @throws LoadwrightError `LOCUST_UNAVAILABLE` when there is none, or the one that was named cannot be used.
 */
export async function findPython(
  options: LocalFleetOptions = {},
  { signal }: { signal?: AbortSignal } = {},
): Promise<Python> {
  const { python: named, environment } = resolveOptions(options);
  if (named) {
    const python = await describePython(named.value, environment, signal);
    if (python && isNewEnough(python)) return python;
    throw new LoadwrightError(
      'LOCUST_UNAVAILABLE',
      python
        ? `${named.value} (${named.source}) is Python ${python.version}; Locust needs ${oldestPython.join('.')} or newer.`
        : `${named.value} (${named.source}) is not a Python that can be run.`,
      { hint: `Correct the ${named.source}, or leave it out to use the Python on the PATH.` },
    );
  }
  const tooOld: string[] = [];
  for (const candidate of candidates) {
    const python = await describePython(candidate, environment, signal);
    if (python && isNewEnough(python)) return python;
    if (python) tooOld.push(`${candidate} is ${python.version}`);
  }
  const ofUv = await pythonOfUv(environment, signal);
  if (ofUv && isNewEnough(ofUv)) return ofUv;
  throw new LoadwrightError(
    'LOCUST_UNAVAILABLE',
    tooOld.length > 0
      ? `Every Python on the PATH is too old: ${tooOld.join(', ')}. Locust needs ${oldestPython.join('.')} or newer.`
      : `No Python was found on the PATH (looked for ${candidates.join(', ')}).`,
    {
      hint:
        `${howToInstall()} Or name a Python with the option python or the variable LOADWRIGHT_PYTHON; ` +
        'an existing Locust is named with the option locust or the variable LOADWRIGHT_LOCUST.',
    },
  );
}

/** What brings a Python to this kind of machine. */
export function howToInstall(platform: NodeJS.Platform = process.platform): string {
  const ways =
    platform === 'darwin'
      ? '"brew install python"'
      : '"apt install python3 python3-venv" (Debian, Ubuntu), "dnf install python3" (Fedora)';
  return `Install Python ${oldestPython.join('.')} or newer: ${ways}, or "uv python install 3.12" where uv is, which needs no administrator.`;
}

/** One that uv has installed for itself lies on no PATH. */
async function pythonOfUv(
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Python | undefined> {
  const { stdout = '' } = await execa(
    'uv',
    ['python', 'find', '--no-project', `>=${oldestPython.join('.')}`],
    {
      // Its own settings say where it has installed one.
      env: installerEnvironment(environment),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: 30_000,
      cancelSignal: signal,
    },
  );
  signal?.throwIfAborted();
  return stdout === '' ? undefined : describePython(stdout.trim(), environment, signal);
}

async function describePython(
  command: string,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Python | undefined> {
  const { stdout } = await execa(
    command,
    ['-B', fileURLToPath(new URL('./describe_python.py', import.meta.url))],
    {
      env: inheritedEnvironment(environment),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: 30_000,
      cancelSignal: signal,
    },
  );
  signal?.throwIfAborted();
  try {
    return description.parse(JSON.parse(stdout ?? ''));
  } catch {
    return undefined;
  }
}

function isNewEnough({ version }: Python): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1]);
}
