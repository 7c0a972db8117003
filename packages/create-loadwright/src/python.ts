import { spawnSync } from 'node:child_process';
import { Problem } from './problem.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The oldest that Locust runs on. */
const isNewEnough = 'import sys; sys.exit(sys.version_info < (3, 11))';

const pythons = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

/**
 * Looks, before anything is written, whether a test can run on this machine.
 *
 * @throws Problem when there is no Python that is new enough, neither on the PATH nor installed by uv; the first run would not
 * let uv download one unasked either
 */
export function requirePython(environment: Environment, platform = process.platform): void {
  // Whoever names one learns from the first run when it is wrong.
  if (environment['LOADWRIGHT_PYTHON'] || environment['LOADWRIGHT_LOCUST']) return;
  const runs = (command: string, args: readonly string[]) =>
    spawnSync(command, args, { env: { ...environment }, stdio: 'ignore', timeout: 30_000 }).status === 0;
  if (pythons.some((python) => runs(python, ['-c', isNewEnough]))) return;
  if (runs('uv', ['python', 'find', '--no-project', '>=3.11'])) return;
  const hint = runs('uv', ['--version'])
    ? 'let uv install one: uv python install 3.12'
    : howToInstall(platform);
  throw new Problem(
    'no Python 3.11 or newer was found. Loadwright runs its tests by Locust, which is written in Python',
    `${hint}. To go on without, for tests that run elsewhere: --without-python`,
    97,
  );
}

function howToInstall(platform: NodeJS.Platform): string {
  if (platform === 'darwin')
    return 'install one: brew install python, or brew install uv, and then uv python install 3.12';
  if (platform === 'win32')
    return 'work in the Windows Subsystem for Linux, and install python3 and python3-venv there';
  return (
    'install one: apt-get install python3 python3-venv (Debian, Ubuntu), dnf install python3 (Fedora), ' +
    'or install uv, and then uv python install 3.12'
  );
}
