import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
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

/** Is there such a command? */
export async function hasCommand(command) {
  const { code } = await execute('sh', ['-c', `command -v ${command}`], { quiet: true });
  return code === 0;
}

/**
 * Installs the Debian package of every command that is missing.
 *
 * @param {Record<string, string>} commands packages by command
 */
export async function ensureCommands(commands) {
  for (const [command, name] of Object.entries(commands)) {
    if (!(await hasCommand(command))) await installDebianPackage(name);
  }
}

/**
 * Compose 2 as a plugin of `docker`: the installed one or, where Debian still has Compose 1 only, that of its next
 * release, unpacked and not installed. apt takes it from wherever it takes Debian from, and verifies it by Debian's key.
 *
 * @param {string} folder an empty one, which the plugin needs from then on
 * @returns {Promise<string>} the file of the plugin, which is a command of its own too
 */
export async function ensureCompose(folder) {
  for (const path of ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins']) {
    if (existsSync(join(path, 'docker-compose'))) return join(path, 'docker-compose');
  }
  const apt = await aptOf('trixie', join(folder, 'apt'));
  await mustRun('apt-get', [...apt, 'update', '-qq'], { quiet: true });
  await mustRun('apt-get', [...apt, 'download', 'docker-compose'], { cwd: folder, quiet: true });
  await mustRun('sh', ['-c', 'dpkg-deb -x docker-compose_*.deb .'], { cwd: folder, quiet: true });
  return join(folder, 'usr/libexec/docker/cli-plugins/docker-compose');
}

/**
 * Options by which apt sees one release of Debian and nothing else, and leaves its own lists alone.
 *
 * @param {string} release
 * @param {string} folder made for its lists
 */
async function aptOf(release, folder) {
  // A new machine knows the origins of its sources only after the first update.
  const site =
    (await siteOfDebian()) ??
    (await mustRun('apt-get', ['update', '-qq'], { quiet: true }).then(siteOfDebian));
  if (site === undefined)
    throw new Error('this is no Debian. Install with: sudo apt-get install docker-compose-v2');
  mkdirSync(join(folder, 'lists/partial'), { recursive: true });
  const sources = join(folder, 'sources.list');
  writeFileSync(
    sources,
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${site} ${release} main\n`,
  );
  return [
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::Lists=${join(folder, 'lists')}`,
    `Dir::Cache=${folder}`,
    'APT::Sandbox::User=root',
    'Acquire::Retries=3',
  ].flatMap((option) => ['-o', option]);
}

async function siteOfDebian() {
  const targets = ['indextargets', '--format', '$(SITE)', 'Created-By: Packages'];
  const filters = ['Origin: Debian', 'Label: Debian'];
  const { stdout } = await mustRun('apt-get', [...targets, ...filters], { quiet: true });
  return stdout.split('\n').find((line) => line !== '');
}

/**
 * Installs another version of Node: the npm package of a platform carries the binary.
 *
 * @param {string} version a range, such as `26`
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

/**
 * Control groups know no namespace here: empty ones would stay until the machine is started anew.
 *
 * @param {string} name of the uppermost
 */
export async function removeControlGroups(name) {
  const found = ['/sys/fs/cgroup', '-depth', '-type', 'd', '-path', `*/${name}*`];
  await mustRun('find', [...found, '-exec', 'rmdir', '{}', '+'], { quiet: true });
}
