import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { output } from '../lib/output.mjs';
import { anyTime } from './emulator.mjs';
import { cpuSecondsOf } from './size.mjs';

/** Verdaccio names one of its packages by a tag that not every registry has. */
const registryPackage = {
  private: true,
  dependencies: { verdaccio: '6.10.4' },
  overrides: { 'node-fetch': '2.7.0' },
};

/**
 * From an empty folder to the first verdict, in seconds: with empty caches, and once more with those that this has filled. On a
 * machine on which Node itself takes longer to start than usual, in proportion.
 */
const limits = { first: 180, second: 60 };
const usualNodeStart = 0.05;

/**
 * Publishes the tarballs to a registry on this machine, and starts from an empty folder as a stranger does: `npm create
 * loadwright@latest`, and the first test against the stand-in of its service.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, folder: string, tarballs: string[] }} options
 * @param {(project: { cwd: string, env: NodeJS.ProcessEnv }) => Promise<void>} use the project that was created, while the
 * registry is there
 */
export async function dryRun(ledger, { env: inherited, folder, tarballs }, use) {
  const home = join(folder, 'registry');
  mkdirSync(home);
  let registry;
  try {
    await ledger.stage(
      'a registry of npm on this machine',
      async () => {
        registry = await startRegistry(home, inherited);
      },
      { required: true },
    );
    const env = {
      ...inherited,
      npm_config_registry: registry.url,
      // npm asks for one before it sends anything.
      [`npm_config_${registry.url.replace('http:', '')}:_authToken`]: 'none',
      npm_config_cache: join(folder, 'npm-cache'),
      PIP_CACHE_DIR: join(folder, 'pip-cache'),
      LOADWRIGHT_CACHE_DIR: join(folder, 'cache'),
    };
    await ledger.stage(
      'publish to it',
      async () => {
        for (const tarball of tarballs)
          await mustRun('npm', ['publish', '--no-provenance', tarball], { env, quiet: true });
      },
      { required: true },
    );
    const cwd = join(folder, 'first');
    await ledger.stage('npm create loadwright, and a first report: the first time', () =>
      firstReport(cwd, env, limits.first),
    );
    await ledger.stage('npm create loadwright, and a first report: the second time', () =>
      firstReport(join(folder, 'second'), env, limits.second),
    );
    await use({ cwd, env });
  } finally {
    await registry?.stop();
  }
}

async function startRegistry(home, env) {
  writeFileSync(join(home, 'package.json'), JSON.stringify(registryPackage));
  await mustRun('npm', ['install', '--no-audit', '--no-fund'], { cwd: home, env, quiet: true });
  const { stdout } = await mustRun('npm', ['config', 'get', 'registry'], { cwd: home, env, quiet: true });
  const program = join(root, 'tools', 'ci', 'registry', 'serve.mjs');
  const child = spawn(process.execPath, [program, home, stdout.trim()], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value: url } = await lines.next();
  if (!url?.startsWith('http://127.0.0.1:')) throw new Error(`the registry said "${url}"`);
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  return { url, stop };
}

/** How much slower than usual this machine is, by the CPU seconds of starting Node; 1 where it is not. */
async function slowness(env) {
  let least = Infinity;
  for (let times = 0; times < 5; times += 1)
    least = Math.min(least, await cpuSecondsOf('node -e 0', { cwd: root, env }));
  return Math.max(1, least / usualNodeStart);
}

/** What somebody at a terminal types: SageMaker, its stand-in, and the load that is offered. */
const answers = ['What do you want to test?', 'Where is it?', 'How much load?'].map((question) => [
  question,
  '\r',
]);
const terminal = join(root, 'packages', 'create-loadwright', 'test', 'answer_in_terminal.py');

/** Three questions, three answers, one report. Fails when it takes longer than the limit, in seconds. */
async function firstReport(cwd, env, usualLimit) {
  const limit = Math.round(usualLimit * (await slowness(env)));
  mkdirSync(cwd);
  const begin = performance.now();
  const seconds = () => Math.round((performance.now() - begin) / 1000);
  const create = ['npm', 'create', '--yes', 'loadwright@latest'];
  await mustRun('python3', [terminal, JSON.stringify(answers), ...create], { cwd, env, quiet: true });
  const created = seconds();
  const run = ['run', '--silent', 'load-test:emulator', '--', '--json', ...anyTime];
  const { stdout } = await mustRun('npm', run, { cwd, env, quiet: true });
  const { verdict, reasons } = JSON.parse(stdout);
  output().write(`created after ${created} s; ${verdict} after ${seconds()} s, of ${limit} s at most\n`);
  if (verdict !== 'PASS') throw new Error(`${verdict}: ${reasons.join(' ')}`);
  if (seconds() > limit) throw new Error(`a first report took ${seconds()} s`);
}
