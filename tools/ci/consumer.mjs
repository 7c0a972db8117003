import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { checkBundles } from './bundles.mjs';
import { withEmulator } from './emulator.mjs';
import { checkCreatedTarget, checkThirdPartyTarget } from './third-party.mjs';

const examples = join(root, 'docs', 'examples');
const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  strict: true,
  types: ['node'],
  outDir: 'built',
};

/**
 * Uses the packed packages as a stranger does: in an empty project outside the repository, with nothing of the
 * repository but its tarballs and the programs of its documentation.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, folder: string, tarballs: string[] }} options
 */
export async function checkConsumer(ledger, { env: inherited, folder, tarballs }) {
  const cwd = join(folder, 'consumer');
  mkdirSync(cwd);
  // A cache of its own: the managed Locust is installed for the first time.
  const env = { ...inherited, LOADWRIGHT_CACHE_DIR: join(folder, 'cache') };
  const run = (command, ...args) => mustRun(command, args, { cwd, env });
  const loadwright = (...args) => run('npx', '--no-install', 'loadwright', ...args);

  await ledger.stage(
    'the tarballs in an empty project',
    async () => {
      writeFileSync(join(cwd, 'package.json'), '{ "private": true, "type": "module" }\n');
      writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['program.ts'] }));
      cpSync(join(examples, 'program.ts'), join(cwd, 'program.ts'));
      await run('npm', 'install', '--no-audit', '--no-fund', ...tarballs, 'typescript@6', '@types/node@20');
    },
    { required: true },
  );
  await ledger.stage('a strict program compiles', () =>
    run('npx', '--no-install', 'tsc').then(() => undefined),
  );
  await ledger.stage('the installed command', async () => {
    const { stdout } = await loadwright('--version');
    if (!/^\d+\.\d+\.\d+/.test(stdout)) throw new Error(`loadwright --version printed "${stdout}"`);
  });
  await ledger.stage('a demo with the installed command', async () => {
    const { stdout } = await loadwright('demo', 'dht', '--duration', '5s', '--json');
    expectPass(stdout);
  });
  await ledger.stage('the program runs', () =>
    withEmulator(
      ['sagemaker', '--set', 'endpointName=fraud', '--set', 'region=eu-west-1'],
      { cwd, env },
      ({ url, environment }) =>
        mustRun(process.execPath, ['built/program.js'], {
          cwd,
          env: { ...env, ...environment, SAGEMAKER_ENDPOINT_URL: url },
        }).then(() => undefined),
    ),
  );
  const core = tarballs[packages.indexOf('core')];
  for (const kind of ['echo', 'kserve']) {
    await checkThirdPartyTarget(ledger, { env, cwd, folder, core, kind });
  }
  await ledger.stage('a third-party target runs by its name', async () => {
    cpSync(join(examples, 'third-party.yaml'), join(cwd, 'third-party.yaml'));
    const { stdout } = await loadwright('run', '--config', 'third-party.yaml', '--emulator', '--json');
    expectPass(stdout);
  });
  await checkCreatedTarget(ledger, { env, folder, tarballs, loadwright });
  await checkBundles(ledger, { env, cwd, loadwright });
}

function expectPass(json) {
  const { verdict, reasons, total } = JSON.parse(json);
  if (verdict !== 'PASS' || total.failures > 0) throw new Error(`${verdict}: ${reasons.join(' ')}`);
}
