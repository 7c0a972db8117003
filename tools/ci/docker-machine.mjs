import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pythonBin, root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { ensureCommands, ensureCompose, removeControlGroups } from './machine.mjs';

/**
 * Runs the files of a machine's user data on this machine, with a real Docker engine: a master and four workers come up
 * and send load. Nothing can be pulled here, so Locust's image is made of Debian's base system and the pinned
 * requirements. Then the engine pulls an image of the command `image push` and runs it.
 *
 * All of it lives in namespaces of its own (processes, mounts, network): when the first process in them ends, the
 * kernel ends the engine and its containers, and takes mounts, rules and interfaces away.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export async function checkDockerMachine(env) {
  await ensureCommands({
    dockerd: 'docker.io',
    'docker-registry': 'docker-registry',
    debootstrap: 'debootstrap',
    ip: 'iproute2',
    unshare: 'util-linux',
  });
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-docker-'));
  try {
    const plugins = join(folder, 'docker-config/cli-plugins');
    for (const path of [plugins, join(folder, 'compose')]) mkdirSync(path, { recursive: true });
    symlinkSync(await ensureCompose(join(folder, 'compose')), join(plugins, 'docker-compose'));
    const image = join(folder, 'image');
    await mustRun('debootstrap', ['--variant=minbase', '--include=python3', 'bookworm', image], {
      env,
      quiet: true,
    });
    const packages = join(image, 'opt', 'locust');
    mkdirSync(packages, { recursive: true });
    // The Python of bookworm, whichever this one is.
    const python = ['--python-version', '3.11', '--only-binary', ':all:'];
    const requirements = join(root, 'packages/core/python/requirements.txt');
    await mustRun(
      pythonBin('python'),
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--require-hashes',
        '--target',
        packages,
        ...python,
        '-r',
        requirements,
      ],
      { env, quiet: true },
    );
    await mustRun(
      'timeout',
      [
        ...['--kill-after=5', '240', 'unshare', '--mount', '--net', '--pid', '--fork', '--mount-proc'],
        ...[
          '--kill-child=SIGKILL',
          process.execPath,
          join(root, 'tools/ci/docker-machine-inside.mjs'),
          folder,
          `/${basename(folder)}`,
        ],
      ],
      { env },
    );
  } finally {
    await removeControlGroups(basename(folder));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
