import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bin, cacheFolder, packages, root } from './paths.mjs';
import { mustRun } from './processes.mjs';
import { sideOutput } from './output.mjs';

const stamp = join(cacheFolder, 'build.sha256');
const notSource =
  /(^|\/)(node_modules|dist|test|__pycache__|\.cache|results)(\/|$)|\.test\.ts$|(^|\/)test_\w+\.py$/;

/** A digest over everything that goes into the packages' `dist`. */
function sourceDigest() {
  const files = [join(root, 'package-lock.json'), join(root, 'tsconfig.base.json')];
  files.push(join(root, 'tools', 'package-build.ts'));
  for (const name of packages) {
    const folder = join(root, 'packages', name);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !notSource.test(relative(root, path))) files.push(path);
    }
  }
  const digest = createHash('sha256');
  for (const file of files.sort()) digest.update(`${relative(root, file)}\0`).update(readFileSync(file));
  return digest.digest('hex');
}

/**
 * Builds the packages, unless what is built is of these sources.
 *
 * @param {{ types?: boolean }} options types: whether their declarations are needed, which take most of the time
 */
export async function ensureBuilt({ types = true } = {}) {
  const digest = sourceDigest();
  const made = types ? digest : `${digest} without types`;
  const built = packages.every((name) => existsSync(join(root, 'packages', name, 'dist')));
  if (built && existsSync(stamp) && [digest, made].includes(readFileSync(stamp, 'utf8'))) return;
  sideOutput().write('Building the packages\n');
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };
  if (!types) env.LOADWRIGHT_BUILD_TYPES = 'no';
  const args = ['run-many', '-t', 'build', '--parallel=2', '--output-style=static'];
  await mustRun(bin('nx'), args, { env, quiet: true });
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(stamp, made);
}
