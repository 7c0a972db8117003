import { join } from 'node:path';
import { makeEnvironmentBeside } from '../lib/python-environment.mjs';
import { root } from '../lib/paths.mjs';
import { pytest, vitest } from '../lib/test-runners.mjs';

/** What meets Locust's master, its workers and its web UI. */
const pythonTests = [
  'loadwright_runtime/locust',
  'test_distributed.py',
  'test_ending.py',
  'test_scaling.py',
].map((name) => join('packages/core/python', name));

/**
 * Loads with the oldest Locust that is tested; `npm test` has the pinned one.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, folder: string }} options folder: an existing one for files
 */
export async function checkOlderLocust(ledger, { env, folder }) {
  const own = join(folder, 'older-locust');
  await ledger.stage('an environment with the oldest Locust', () =>
    makeEnvironmentBeside(own, join(root, 'tools/ci/older-locust.txt')),
  );
  await ledger.stage('tests of Python with the oldest Locust', () =>
    pytest({ env, python: join(own, 'bin', 'python'), files: pythonTests, report: 'pytest-older' }),
  );
  await ledger.stage('runs with the oldest Locust', () =>
    vitest('packages/infra', {
      env: { ...env, LOADWRIGHT_TEST_LOCUST: join(own, 'bin', 'locust'), LOADWRIGHT_MATRIX: 'all' },
      files: ['test/run/run.test.ts'],
      report: 'older-locust',
    }),
  );
}
