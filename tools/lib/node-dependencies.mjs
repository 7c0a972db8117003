import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { mustRun } from './processes.mjs';
import { sideOutput } from './output.mjs';

const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/** True when node_modules holds exactly what the lock file says, as npm recorded it after its last installation. */
export function dependenciesMatch(folder) {
  const record = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = read(record);
  const locked = read(join(folder, 'package-lock.json'));
  return (
    Object.entries(locked).every(([path, entry]) => {
      if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
      const found = installed[path];
      // Optional packages are those of other platforms.
      if (!found) return Boolean(entry.optional || entry.devOptional || entry.peer);
      const isSame = found.version === entry.version && found.integrity === entry.integrity;
      // The record lies in the root's folder, which says nothing of one that lies in a package's.
      return isSame && (path.startsWith('node_modules/') || existsSync(join(folder, path)));
    }) && Object.keys(installed).every((path) => path in locked)
  );
}

/** npm itself says nothing before it is done, where its output is no terminal. */
const progressMilliseconds = 5000;

/** How far an installation is: npm unpacks each package where it will stay. Those of other platforms never come. */
export function installationOf(folder) {
  const paths = Object.entries(read(join(folder, 'package-lock.json')))
    .filter(
      ([path, { optional, devOptional }]) => /(^|\/)node_modules\//.test(path) && !optional && !devOptional,
    )
    .map(([path]) => join(folder, path, 'package.json'));
  return { unpacked: paths.filter((path) => existsSync(path)).length, wanted: paths.length };
}

/** Installs the npm dependencies, unless they are there already. */
export async function ensureNodeDependencies() {
  if (dependenciesMatch(root)) return;
  const said = sideOutput();
  said.write('Installing npm dependencies: one to three minutes the first time\n');
  const begin = performance.now();
  const timer = setInterval(() => {
    const { unpacked, wanted } = installationOf(root);
    const seconds = Math.round((performance.now() - begin) / 1000);
    said.write(`  ${unpacked} of about ${wanted} packages after ${seconds} s\n`);
  }, progressMilliseconds);
  try {
    await mustRun('npm', ['ci', '--no-audit', '--no-fund'], { stream: process.stderr });
  } finally {
    clearInterval(timer);
  }
}
