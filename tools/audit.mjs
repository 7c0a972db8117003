/**
 * `npm run audit`: the licences of everything that a user of the packages installs, and what is known of its
 * vulnerabilities. What the registries do not tell is named as not checked. `.ci/run` does the same.
 */
import { audit } from './audit/stages.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { ensureNodeDependencies } from './lib/node-dependencies.mjs';
import { onSignal } from './lib/processes.mjs';
import { ensurePythonEnvironment } from './lib/python-environment.mjs';
import { createTestEnvironment } from './lib/test-environment.mjs';

onSignal();
const { folder, variables: env, remove } = createTestEnvironment();
const ledger = new Ledger();
await withLedger(ledger, async () => {
  await ledger.stage('npm dependencies', ensureNodeDependencies, { required: true });
  await ledger.stage('Python environment', ensurePythonEnvironment, { required: true });
  await audit(ledger, { env, folder });
});
remove();
