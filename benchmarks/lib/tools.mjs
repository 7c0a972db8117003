/** What must be there before anything is measured. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mustRun } from '../../tools/lib/processes.mjs';
import { benchmarks, cacheFolder, venvBin } from './paths.mjs';

const packageOf = {
  nginx: 'nginx-light',
  wrk: 'wrk',
  hey: 'hey',
  openssl: 'openssl',
  taskset: 'util-linux',
  prlimit: 'util-linux',
  setpriv: 'util-linux',
};

// Debian keeps servers where only root's search path looks.
process.env.PATH += `${delimiter}/usr/sbin`;

/** Installs missing commands where that is possible without asking, else names the command that does. */
export async function ensureCommands() {
  const missing = () => Object.keys(packageOf).filter((command) => !isInstalled(command));
  if (missing().length === 0) return;
  const install = ['install', '--yes', '--no-install-recommends', ...packagesOf(missing())];
  if (process.getuid() === 0 && isInstalled('apt-get')) {
    process.stderr.write(`Installing ${packagesOf(missing()).join(', ')}\n`);
    await mustRun('apt-get', ['update'], { quiet: true });
    await mustRun('apt-get', install, { quiet: true });
  }
  if (missing().length > 0) {
    throw new Error(`${missing().join(', ')} not found. Install with: sudo apt-get ${install.join(' ')}`);
  }
}

const packagesOf = (commands) => [...new Set(commands.map((command) => packageOf[command]))];

function isInstalled(command) {
  return process.env.PATH.split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/** Makes the Python environment of the clients, unless it is there and of the same versions. */
export async function ensurePython() {
  const requirements = join(benchmarks, 'requirements.txt');
  const stamp = join(cacheFolder, 'requirements.sha256');
  // With its place: the commands of a virtual environment hold the path that they were made at.
  const digest = createHash('sha256').update(cacheFolder).update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  process.stderr.write('Making the Python environment of the benchmark\n');
  const python = process.env.LOADWRIGHT_PYTHON ?? 'python3';
  const check = 'import sys, venv; sys.exit(sys.version_info < (3, 11))';
  if (spawnSync(python, ['-c', check]).status !== 0) {
    throw new Error(
      `${python} is not a Python 3.11 or newer with venv. Install one (Debian: apt-get install python3-venv), ` +
        'or name it in the variable LOADWRIGHT_PYTHON',
    );
  }
  rmSync(cacheFolder, { recursive: true, force: true });
  mkdirSync(cacheFolder, { recursive: true });
  await mustRun(python, ['-m', 'venv', join(cacheFolder, 'venv')], { quiet: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
  await mustRun(venvBin('python'), [...install, '-r', requirements], { quiet: true });
  writeFileSync(stamp, digest);
}
