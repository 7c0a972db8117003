/** `npm run test:leaks`: hits every call of a deployment and of a removal with every trouble, and counts what is left behind. */
import { ensureBuilt } from './lib/build.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { ensureNodeDependencies } from './lib/node-dependencies.mjs';
import { onSignal } from './lib/processes.mjs';
import { ensurePythonEnvironment } from './lib/python-environment.mjs';
import { assertNoProcessLeft, createTestEnvironment } from './lib/test-environment.mjs';
import { checkLeaks } from './lib/test-runners.mjs';

onSignal();
const environment = createTestEnvironment();
const ledger = new Ledger();
await withLedger(ledger, async () => {
  await ledger.stage('npm dependencies', ensureNodeDependencies, { required: true });
  await ledger.stage('Python environment', ensurePythonEnvironment, { required: true });
  await ledger.stage('build', ensureBuilt, { required: true });
  await ledger.stage('leaks', () => checkLeaks(environment.variables));
  await ledger.stage('no process left behind', () => assertNoProcessLeft(environment.folder));
});
environment.remove();
