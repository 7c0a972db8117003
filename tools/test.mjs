/**
 * `npm test`: does all its own set-up, runs every check of the repository but the slow ones of `.ci/run`, and ends
 * with the line `N passed, N failed`. Starts with nothing but Node installed.
 */
import { writeFileSync } from 'node:fs';
import { ensureCommands } from './ci/machine.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { ensureNodeDependencies } from './lib/node-dependencies.mjs';
import { bin, packages, pythonBin } from './lib/paths.mjs';
import { mustRun, onSignal } from './lib/processes.mjs';
import { ensurePythonEnvironment } from './lib/python-environment.mjs';
import { assertNoProcessLeft, createTestEnvironment } from './lib/test-environment.mjs';
import { pytest, vitest } from './lib/test-runners.mjs';

onSignal();
const environment = createTestEnvironment();
const env = environment.variables;
const check =
  (command, ...args) =>
  () =>
    mustRun(command, args, { env }).then(() => undefined);
const nx = (target) => check(bin('nx'), 'run-many', '-t', target, '--parallel=2', '--output-style=static');

const ledger = new Ledger();
await withLedger(ledger, async () => {
  await ledger.stage('npm dependencies', ensureNodeDependencies, { required: true });
  await ledger.stage('Python environment', ensurePythonEnvironment, { required: true });
  // What the files that make a machine ready are checked with.
  await ledger.stage('system tools', () =>
    ensureCommands({ 'cloud-init': 'cloud-init', shellcheck: 'shellcheck', 'systemd-analyze': 'systemd' }),
  );
  await ledger.stage('build', ensureBuilt, { required: true });
  await ledger.stage('formatting', check(bin('prettier'), '--check', '--log-level=warn', '.'));
  await ledger.stage('lint', nx('lint'));
  await ledger.stage(
    'lint of the tools',
    check(bin('eslint'), 'tools', 'benchmarks', 'eslint.config.mjs', '--max-warnings=0'),
  );
  await ledger.stage('types', nx('typecheck'));
  await ledger.stage(
    'generated documentation',
    check(process.execPath, 'tools/generate-docs.mjs', '--check'),
  );
  await ledger.stage('Python lint', check(pythonBin('ruff'), 'check', '.'));
  await ledger.stage('Python formatting', check(pythonBin('ruff'), 'format', '--check', '.'));
  await ledger.stage('tests of tools', () => vitest('tools', { env }));
  // One after another: each starts real Locust processes, and two cores are enough for one such run.
  for (const name of packages)
    await ledger.stage(`tests of ${name}`, () => vitest(`packages/${name}`, { env }));
  await ledger.stage('tests of docs', () => vitest('docs', { env }));
  await ledger.stage('tests of the Python files', () => pytest({ env }));
  await ledger.stage('no process left behind', () => assertNoProcessLeft(environment.folder));
});
environment.remove();
// `.ci/run` goes on counting from here.
if (process.env.LOADWRIGHT_TEST_COUNTS) {
  writeFileSync(process.env.LOADWRIGHT_TEST_COUNTS, JSON.stringify(ledger.counts));
}
