import { execFile } from 'node:child_process';
import { sep } from 'node:path';
import { promisify } from 'node:util';
import { LoadwrightError } from '../errors.js';

/** What is asked of `@loadwright/infra/local` when it is installed. */
interface LocalFleets {
  ensureLocust(
    options: object,
    call: { onProgress: (message: string) => void },
  ): Promise<{ readonly executable: string }>;
}

let found: Promise<string> | undefined;

/**
 * The Locust that a suite runs, looked for once a process: the one that the variable LOADWRIGHT_LOCUST names; else, as for a
 * run, the one that Loadwright keeps, made when it is missing, where `@loadwright/cli` is installed in the project; else
 * `locust`.
 *
 * @throws LoadwrightError `LOCUST_UNAVAILABLE` when there is none.
 */
export function suiteLocust(): Promise<string> {
  found ??= findSuiteLocust(process.cwd(), process.env);
  return found;
}

/** @param project the folder whose packages are looked at */
export async function findSuiteLocust(
  project: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const named = environment['LOADWRIGHT_LOCUST'];
  if (named) return named;
  const fleets = await localFleets(project);
  if (fleets) {
    const onProgress = (message: string) => void process.stderr.write(`${message}\n`);
    return (await fleets.ensureLocust({}, { onProgress })).executable;
  }
  try {
    await promisify(execFile)('locust', ['--version'], { env: { ...environment } });
    return 'locust';
  } catch (cause) {
    throw noLocust('locust', cause);
  }
}

/** Core knows no fleets: it takes the package of the project, as it takes a plugin. */
async function localFleets(project: string): Promise<LocalFleets | undefined> {
  const { createJiti } = await import('jiti');
  const resolver = createJiti(project + sep, { fsCache: false });
  try {
    return (await import(resolver.esmResolve('@loadwright/infra/local'))) as LocalFleets;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

export function noLocust(locust: string, cause: unknown): LoadwrightError {
  return new LoadwrightError('LOCUST_UNAVAILABLE', `There is no ${locust} that makes the requests.`, {
    hint:
      'Install the command beside your package, which makes a Locust of its own with Python 3.11 or newer ' +
      '(npm install --save-dev @loadwright/cli); or install Locust (pip install locust), and name it with the variable ' +
      'LOADWRIGHT_LOCUST if it is not in the PATH.',
    cause,
  });
}
