import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './processes.mjs';

/** The folder of this example. */
export const folder = fileURLToPath(new URL('..', import.meta.url));

/** Of the environment that the API runs in. */
export const python = join(folder, '.venv', 'bin', 'python');
export const chalice = join(folder, '.venv', 'bin', 'chalice');

/** In a fresh clone of Loadwright its packages are installed and built first; elsewhere they come from npm. */
async function ensureLoadwright() {
  const tools = join(folder, '..', '..', 'tools', 'lib');
  if (!existsSync(tools)) return;
  const { ensureNodeDependencies } = await import(join(tools, 'node-dependencies.mjs'));
  const { ensureBuilt } = await import(join(tools, 'build.mjs'));
  await ensureNodeDependencies();
  await ensureBuilt();
}

/** The command, as `npx --no-install loadwright` finds it. */
export function loadwright() {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('@loadwright/cli/package.json');
  const { bin } = require(manifest);
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin.loadwright);
}

async function ensurePython() {
  const requirements = join(folder, 'requirements.txt');
  const stamp = join(folder, '.venv', 'requirements.sha256');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  process.stderr.write('Making the Python environment of the API\n');
  await mustRun(process.env.LOADWRIGHT_PYTHON ?? 'python3', ['-m', 'venv', join(folder, '.venv')]);
  const flags = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps'];
  await mustRun(python, ['-m', 'pip', 'install', ...flags, '-r', requirements]);
  writeFileSync(stamp, digest);
}

/** Everything that has to be there before something is started. */
export async function setUp() {
  await ensureLoadwright();
  await ensurePython();
  if (!existsSync(join(folder, 'container', 'model.json'))) {
    process.stderr.write('Training the model\n');
    process.stderr.write(await mustRun(python, [join(folder, 'container', 'train.py')]));
  }
}
