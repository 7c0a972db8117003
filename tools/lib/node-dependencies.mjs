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

/** Installs the npm dependencies, unless they are there already. */
export async function ensureNodeDependencies() {
  if (dependenciesMatch(root)) return;
  sideOutput().write('Installing npm dependencies\n');
  await mustRun('npm', ['ci', '--no-audit', '--no-fund'], { stream: process.stderr });
}
