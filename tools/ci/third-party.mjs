import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { anyTime } from './emulator.mjs';

/**
 * Builds an example of a package that lives outside the repository, knowing the packed core alone.
 *
 * @param {{ env: NodeJS.ProcessEnv, source: string, name: string, core: string }} options source: where to; core: the tarball
 */
async function buildAlone({ env, source, name, core }) {
  cpSync(join(root, 'docs', 'examples', name), source, { recursive: true });
  const run = (...args) => mustRun('npm', args, { cwd: source, env, quiet: true });
  await run('install', '--no-audit', '--no-fund', '--save-dev', core);
  await run('run', 'build');
}

/** Packs what was built, and installs it in the consumer's project. */
async function installPacked({ env, cwd, folder, source }) {
  const pack = ['pack', '--json', '--pack-destination', folder];
  const { stdout } = await mustRun('npm', pack, { cwd: source, env, quiet: true });
  const [{ filename }] = JSON.parse(stdout);
  const args = ['install', '--no-audit', '--no-fund', join(folder, filename)];
  await mustRun('npm', args, { cwd, env, quiet: true });
}

/**
 * Builds, tests and packs the example of a target, and installs it in the consumer's project.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, cwd: string, folder: string, core: string, kind: string }} options cwd: the consumer's
 * project; core: the tarball
 */
export async function checkThirdPartyTarget(ledger, { env, cwd, folder, core, kind }) {
  const name = `loadwright-target-${kind}`;
  const source = join(folder, name);
  await ledger.stage(`a third-party target builds with core alone: ${kind}`, () =>
    buildAlone({ env, source, name, core }),
  );
  await ledger.stage(`a third-party target conforms: ${kind}`, async () => {
    const args = ['--test', '--test-reporter=tap', 'test/conformance.test.mjs'];
    // It makes the requests of the preflight.
    const withLocust = { ...env, LOADWRIGHT_LOCUST: join(root, '.venv', 'bin', 'locust') };
    const { stdout } = await mustRun(process.execPath, args, { cwd: source, env: withLocust });
    const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(stdout)?.[1] ?? 0);
    return { passed: count('pass'), failed: count('fail') };
  });
  await ledger.stage(`a third-party target installs: ${kind}`, () =>
    installPacked({ env, cwd, folder, source }),
  );
}

/**
 * Builds the example of an exporter, and installs it in the consumer's project.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, cwd: string, folder: string, core: string }} options as those of {@link checkThirdPartyTarget}
 */
export async function installThirdPartyExporter(ledger, { env, cwd, folder, core }) {
  const name = 'loadwright-exporter-webhook';
  const source = join(folder, name);
  await ledger.stage('a third-party exporter builds with core alone, and installs', async () => {
    await buildAlone({ env, source, name, core });
    await installPacked({ env, cwd, folder, source });
  });
}

/**
 * What listens where that exporter posts to.
 *
 * @param {(url: string) => Promise<void>} work
 * @returns {Promise<number>} how many requests succeeded, as it was told
 */
export async function succeededAsPosted(work) {
  let succeeded = 0;
  const server = createServer(async (request, response) => {
    const { requests = [] } = await json(request);
    for (const one of requests) succeeded += one.succeeded;
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${server.address().port}/`);
    return succeeded;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/**
 * Makes a target with the installed command, and does with it what its README says, as its author does: with the packed packages
 * and the Locust that Loadwright made for itself.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, cwd: string, folder: string, tarballs: string[], loadwright: Function }} options
 */
export async function checkCreatedTarget(ledger, { env, folder, tarballs, loadwright }) {
  const created = join(folder, 'loadwright-target-my-model');
  const npm = (...args) => mustRun('npm', args, { cwd: created, env, quiet: true });
  await ledger.stage('a created target installs and builds', async () => {
    await loadwright('create-target', 'my-model', '--directory', created);
    await npm('install', '--no-audit', '--no-fund', '--save-dev', ...tarballs);
  });
  await ledger.stage('a created target passes its own lint and tests', async () => {
    await npm('run', 'lint');
    await npm('test');
  });
  await ledger.stage('a created target runs', () =>
    npm('run', 'try', '--', ...anyTime).then(() => undefined),
  );
}
