/**
 * `npm run test:leaks`, `npm run test:truth`: tries every case of a matrix of which `npm test` tries a handful.
 * `-- 17/3` tries one of three parts, as `.ci/run` does; what follows goes to vitest (`-- all -t 'worker killed'`).
 */
import { ensureBuilt } from './lib/build.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { checkMatrix, matrices } from './lib/matrices.mjs';
import { ensureNodeDependencies } from './lib/node-dependencies.mjs';
import { onSignal } from './lib/processes.mjs';
import { ensurePythonEnvironment } from './lib/python-environment.mjs';
import { assertNoProcessLeft, createTestEnvironment } from './lib/test-environment.mjs';

onSignal();
const [name, choice = 'all', ...args] = process.argv.slice(2);
const environment = createTestEnvironment();
const ledger = new Ledger();
await withLedger(ledger, async () => {
  await ledger.stage('npm dependencies', ensureNodeDependencies, { required: true });
  await ledger.stage('Python environment', ensurePythonEnvironment, { required: true });
  await ledger.stage('build', ensureBuilt, { required: true });
  await ledger.stage(matrices[name].title, () =>
    checkMatrix(name, { env: environment.variables, choice, args }),
  );
  await ledger.stage('no process left behind', () => assertNoProcessLeft(environment.folder));
});
environment.remove();
