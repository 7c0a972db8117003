/**
 * `npm run test:receivers`: the figures of a run in Prometheus, InfluxDB and a StatsD exporter, as in `.ci/run`, and in an OpenTelemetry
 * collector. `-- 1000000` makes it a run of so many requests, in place of one of six seconds.
 */
import { checkCollector } from './ci/collector.mjs';
import { checkReceivers } from './ci/receivers.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { Ledger, withLedger } from './lib/ledger.mjs';
import { ensureNodeDependencies } from './lib/node-dependencies.mjs';
import { onSignal } from './lib/processes.mjs';
import { ensurePythonEnvironment } from './lib/python-environment.mjs';
import { createTestEnvironment } from './lib/test-environment.mjs';

onSignal();
const environment = createTestEnvironment();
const { folder, variables: env } = environment;
const requests = process.argv[2] && Number(process.argv[2]);
const ledger = new Ledger();
await withLedger(ledger, async () => {
  await ledger.stage('npm dependencies', ensureNodeDependencies, { required: true });
  await ledger.stage('Python environment', ensurePythonEnvironment, { required: true });
  await ledger.stage('build', ensureBuilt, { required: true });
  await ledger.stage('figures of a run in an OpenTelemetry collector', () =>
    checkCollector({ env, folder, requests }),
  );
  await ledger.stage('figures of a run in Prometheus, InfluxDB and a StatsD exporter', () =>
    checkReceivers({ env, folder, requests }),
  );
});
environment.remove();
