/**
 * `npm test`: does all its own set-up, runs every check of the repository but the slow ones of `.ci/run` and of
 * `npm run test:…`, and ends with the line `N passed, N failed`. Starts with nothing but Node installed.
 */
import { writeFileSync } from 'node:fs';
import { ensureBuilt } from './lib/build.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { ensureNodeDependencies } from './lib/node-dependencies.mjs';
import { bin, pythonBin } from './lib/paths.mjs';
import { mustRun, onSignal } from './lib/processes.mjs';
import { ensurePythonEnvironment } from './lib/python-environment.mjs';
import { checkSystemTools } from './lib/system-tools.mjs';
import { assertNoProcessLeft, createTestEnvironment } from './lib/test-environment.mjs';
import { pytest, vitest } from './lib/test-runners.mjs';

onSignal();
const environment = createTestEnvironment();
const env = environment.variables;
const check =
  (command, ...args) =>
  () =>
    mustRun(command, args, { env }).then(() => undefined);

/** Once for all packages: with one process each, every one would start anew and read the same libraries again. */
async function lint() {
  // The rule of the module boundaries reads the graph of the projects, and is silently left out where there is none.
  await mustRun(bin('nx'), ['show', 'projects'], { env, quiet: true });
  await mustRun(bin('eslint'), ['.', '--max-warnings=0'], { env });
}

/** Tests wait for most of their time, for processes and for loads to end: what computes goes on beside them, one at a time. */
const stages = [
  { lane: 'npm', title: 'npm dependencies', work: ensureNodeDependencies },
  { lane: 'Python', title: 'Python environment', work: ensurePythonEnvironment },
  { lane: 'system', title: 'system tools', work: checkSystemTools },
  // Types are read from the sources: `.ci/run` has the declarations that a user gets.
  {
    lane: 'npm',
    title: 'build',
    needs: ['npm dependencies'],
    work: () => ensureBuilt({ types: false }),
  },
  {
    lane: 'tests',
    title: 'tests of TypeScript',
    needs: ['build', 'Python environment'],
    after: ['system tools'],
    work: () => vitest('', { env, report: 'all' }),
  },
  { lane: 'Python', title: 'tests of Python', needs: ['Python environment'], work: () => pytest({ env }) },
  ...[
    ['formatting', check(bin('prettier'), '--check', '--cache', '--log-level=warn', '.')],
    ['lint', lint],
    ['types', check(bin('tsc'), '-p', 'tsconfig.json')],
    ['generated documentation', check(process.execPath, 'tools/generate-docs.mjs', '--check')],
  ].map(([title, work]) => ({ lane: 'checks', title, needs: ['build'], work })),
  ...[
    ['Python lint', check(pythonBin('ruff'), 'check', '.')],
    ['Python formatting', check(pythonBin('ruff'), 'format', '--check', '.')],
  ].map(([title, work]) => ({ lane: 'checks', title, needs: ['Python environment'], work })),
];

const ledger = new Ledger();
await withLedger(ledger, async () => {
  await ledger.beside(stages);
  await ledger.stage('no process left behind', () => assertNoProcessLeft(environment.folder));
});
environment.remove();
// `.ci/run` goes on counting from here.
if (process.env.LOADWRIGHT_TEST_COUNTS) {
  writeFileSync(process.env.LOADWRIGHT_TEST_COUNTS, JSON.stringify(ledger.counts));
}
