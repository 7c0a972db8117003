import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, execute } from '../lib/processes.mjs';

async function installDebianPackage(name) {
  if (process.getuid?.() !== 0) throw new Error(`not installed. Install with: sudo apt-get install ${name}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await mustRun('apt-get', ['update', '-qq'], { env, quiet: true });
  await mustRun('apt-get', ['install', '-y', '--no-install-recommends', name], { env, quiet: true });
}

/** Installs Debian's Chromium, unless it is there. */
export async function ensureChromium() {
  if (!existsSync('/usr/bin/chromium')) await installDebianPackage('chromium');
}

/**
 * Installs the Debian package of every command that is missing.
 *
 * @param {Record<string, string>} commands packages by command
 */
export async function ensureCommands(commands) {
  for (const [command, name] of Object.entries(commands)) {
    const { code } = await execute('sh', ['-c', `command -v ${command}`], { quiet: true });
    if (code !== 0) await installDebianPackage(name);
  }
}

/**
 * The command that reads compose files: Docker's own plugin if it is installed, otherwise Debian's docker-compose,
 * which reads the same format.
 *
 * @returns {Promise<string[]>} the command and its first arguments
 */
export async function ensureCompose() {
  const works = (command, ...args) =>
    execute(command, args, { quiet: true }).then(
      ({ code }) => code === 0,
      () => false,
    );
  if (await works('docker', 'compose', 'version')) return ['docker', 'compose'];
  if (!(await works('docker-compose', 'version'))) await installDebianPackage('docker-compose');
  return ['docker-compose'];
}

/**
 * Installs another version of Node: the npm package of a platform carries the binary.
 *
 * @param {string} version a range, such as `24`
 * @param {{ folder: string, env: NodeJS.ProcessEnv }} options folder: where to
 * @returns {Promise<string>} the folder that holds the executable `node`
 */
export async function installNode(version, { folder, env }) {
  const name = `node-${process.platform}-${process.arch}`;
  await mustRun('npm', ['install', '--no-save', '--prefix', folder, `${name}@${version}`], {
    env,
    quiet: true,
  });
  return join(folder, 'node_modules', name, 'bin');
}
