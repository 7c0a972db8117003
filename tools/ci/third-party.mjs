import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';

/**
 * Builds, tests and packs the example of a target that lives outside the repository, knowing the packed core alone,
 * and installs it in the consumer's project.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, cwd: string, folder: string, core: string, kind: string }} options cwd: the consumer's
 * project; core: the tarball
 */
export async function checkThirdPartyTarget(ledger, { env, cwd, folder, core, kind }) {
  const name = `loadwright-target-${kind}`;
  const source = join(folder, name);
  const run = (...args) => mustRun('npm', args, { cwd: source, env, quiet: true });

  await ledger.stage(`a third-party target builds with core alone: ${kind}`, async () => {
    cpSync(join(root, 'docs', 'examples', name), source, { recursive: true });
    await run('install', '--no-audit', '--no-fund', '--save-dev', core);
    await run('run', 'build');
  });
  await ledger.stage(`a third-party target conforms: ${kind}`, async () => {
    const args = ['--test', '--test-reporter=tap', 'test/conformance.test.mjs'];
    // It makes the requests of the preflight.
    const withLocust = { ...env, LOADWRIGHT_LOCUST: join(root, '.venv', 'bin', 'locust') };
    const { stdout } = await mustRun(process.execPath, args, { cwd: source, env: withLocust });
    const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(stdout)?.[1] ?? 0);
    return { passed: count('pass'), failed: count('fail') };
  });
  await ledger.stage(`a third-party target installs: ${kind}`, async () => {
    const { stdout } = await run('pack', '--json', '--pack-destination', folder);
    const [{ filename }] = JSON.parse(stdout);
    const args = ['install', '--no-audit', '--no-fund', join(folder, filename)];
    await mustRun('npm', args, { cwd, env, quiet: true });
  });
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
  await ledger.stage('a created target runs', () => npm('run', 'try').then(() => undefined));
}
