import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pythonBin, root } from './paths.mjs';
import { mustRun } from './processes.mjs';
import { sideOutput } from './output.mjs';
import { withCompiledFiles } from './test-environment.mjs';

const requirements = join(root, 'requirements-dev.txt');
const stamp = join(root, '.venv', 'loadwright-requirements.sha256');
const candidates = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];

// Compiling all of it takes longer than the download: see `compileLocust`.
const install = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--disable-pip-version-check',
  '--no-compile',
  '--require-hashes',
];

/** The version of a Python as `3.11`, or undefined when it does not run. */
function versionOf(python) {
  const code = 'import sys; print("%d.%d" % sys.version_info[:2])';
  const { status, stdout } = spawnSync(python, ['-c', code], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The first Python that is new enough, or the one that LOADWRIGHT_PYTHON names. */
export function findPython() {
  const named = process.env.LOADWRIGHT_PYTHON;
  for (const python of named ? [named] : candidates) {
    const version = versionOf(python);
    const [major, minor] = (version ?? '0.0').split('.').map(Number);
    if (major === 3 && minor >= 11) return python;
  }
  throw new Error(
    'no Python 3.11 or newer was found. Install one (Debian: apt-get install python3 python3-venv), ' +
      'or name it in the variable LOADWRIGHT_PYTHON',
  );
}

/** Makes the Python environment of the tests (`.venv`), unless it is there, works, and is of the same versions. */
export async function ensurePythonEnvironment() {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const complete = existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (complete && versionOf(pythonBin('python'))) return;
  sideOutput().write('Making the Python environment of the tests\n');
  const python = findPython();
  rmSync(join(root, '.venv'), { recursive: true, force: true });
  await mustRun(python, ['-m', 'venv', '.venv']);
  await mustRun(pythonBin('python'), [...install, '-r', requirements]);
  await compileLocust(pythonBin('python'));
  writeFileSync(stamp, digest);
}

/**
 * Has Python keep what it compiles of Locust: a fleet's processes write no such files, so each of them would compile it
 * anew, which is more than half of its start.
 */
async function compileLocust(python) {
  await mustRun(python, ['-c', 'import locust.main'], { env: withCompiledFiles(process.env), quiet: true });
}

/**
 * Makes an environment that has everything of that of the tests, but what a file of requirements names has another version.
 *
 * @param {string} folder a new one
 * @param {string} file complete: what its packages need is not installed
 */
export async function makeEnvironmentBeside(folder, file) {
  await mustRun(pythonBin('python'), ['-m', 'venv', folder]);
  const python = join(folder, 'bin', 'python');
  await mustRun(python, [...install, '--no-deps', '-r', file]);
  const sitePackages = (of) =>
    execFileSync(of, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
  // Packages of its own folder come first.
  writeFileSync(
    join(sitePackages(python).toString().trim(), 'of-the-tests.pth'),
    sitePackages(pythonBin('python')),
  );
  await compileLocust(python);
}

/**
 * Makes an environment that has only what a file of requirements names, unless it is there. It goes away with node_modules.
 *
 * @param {string} file with hashes, and complete
 * @returns {Promise<string>} its Python
 */
export async function ensureEnvironmentOf(file) {
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
  const folder = join(root, 'node_modules/.cache', `loadwright-${basename(file, '.txt')}-${digest}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  await mustRun(findPython(), ['-m', 'venv', folder], { quiet: true });
  await mustRun(python, [...install, '-r', file], { quiet: true });
  writeFileSync(complete, '');
  return python;
}
