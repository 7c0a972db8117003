import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { checkBundles } from './bundles.mjs';
import { withEmulator } from './emulator.mjs';
import {
  checkCreatedTarget,
  checkThirdPartyTarget,
  installThirdPartyExporter,
  succeededAsPosted,
} from './third-party.mjs';

const examples = join(root, 'docs', 'examples');
const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  strict: true,
  types: ['node'],
  outDir: 'built',
};

/**
 * Uses the published packages as a stranger does: in the project that was created, outside the repository, with nothing of it but
 * its tarballs and the programs of its documentation.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, folder: string, tarballs: string[], cwd: string }} options cwd: the project
 */
export async function checkConsumer(ledger, { env, folder, tarballs, cwd }) {
  const run = (command, ...args) => mustRun(command, args, { cwd, env });
  const loadwright = (...args) => run('npx', '--no-install', 'loadwright', ...args);

  await ledger.stage(
    'a strict program compiles, and so does the configuration that was written',
    async () => {
      const include = ['program.ts', 'entries.ts', 'loadwright.config.ts'];
      writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
      writeFileSync(
        join(cwd, 'program.ts'),
        besideEmulator(readFileSync(join(examples, 'program.ts'), 'utf8')),
      );
      writeFileSync(join(cwd, 'entries.ts'), everyEntry());
      await run('npm', 'install', '--no-audit', '--no-fund', '--save-dev', 'typescript@6', '@types/node@20');
      await run('npx', '--no-install', 'tsc');
      // What follows has configurations of its own.
      rmSync(join(cwd, 'loadwright.config.ts'));
    },
  );
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
  await installThirdPartyExporter(ledger, { env, cwd, folder, core });
  await ledger.stage('a third-party target runs by its name, with an exporter by its name', async () => {
    cpSync(join(examples, 'third-party.yaml'), join(cwd, 'third-party.yaml'));
    const run = ['--no-install', 'loadwright', 'run', '--config', 'third-party.yaml', '--emulator', '--json'];
    let stdout = '';
    const posted = await succeededAsPosted(async (url) => {
      const withToken = { ...env, WEBHOOK_TOKEN: 'any' };
      ({ stdout } = await mustRun('npx', [...run, '--export', `webhook=${url}`], { cwd, env: withToken }));
    });
    expectPass(stdout);
    const { succeeded } = JSON.parse(stdout).accounting;
    if (posted !== succeeded) throw new Error(`${posted} requests were exported, and ${succeeded} succeeded`);
  });
  await checkCreatedTarget(ledger, { env, folder, tarballs, loadwright });
  await checkBundles(ledger, { env, cwd, loadwright });
}

/** A program that has all entry points of the package that a project installs. */
function everyEntry() {
  const manifest = join(root, 'packages', 'loadwright', 'package.json');
  const paths = Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).exports);
  return paths
    .filter((path) => path !== './package.json')
    .map((path, index) => `export * as entry${index} from '${path.replace('.', 'loadwright')}';\n`)
    .join('');
}

/** The program with what its emulator may do to it, which takes the same cores: with `--emulator` the command tolerates that by itself. */
function besideEmulator(program) {
  const reason = "'its emulator takes the same cores'";
  const tolerate = `tolerate: { 'generator-cpu': ${reason}, 'event-loop-lag': ${reason} },`;
  const changed = program
    .replace(/^( *)workers: .*$/m, (line, indent) => `${line}\n${indent}${tolerate}`)
    .replace('p(95)<500', 'p(95)<60000');
  if (changed === program) throw new Error('the program has no line of its workers any more');
  return changed;
}

function expectPass(json) {
  const { verdict, reasons, total } = JSON.parse(json);
  if (verdict !== 'PASS' || total.failures > 0) throw new Error(`${verdict}: ${reasons.join(' ')}`);
}
