/**
 * `npm run bench:peers`: shares of failures beside vegeta and k6, on servers that misbehave. Ends with 1 when one differs by
 * more than sampling error, or when our report and the server's books differ. Needs Go: it builds both the first time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../tools/lib/build.mjs';
import { ensureNodeDependencies } from '../tools/lib/node-dependencies.mjs';
import { pythonBin } from '../tools/lib/paths.mjs';
import { onSignal } from '../tools/lib/processes.mjs';
import { ensurePythonEnvironment } from '../tools/lib/python-environment.mjs';
import { ensureGoTools, goToolVersions } from './lib/go-tools.mjs';
import { compareFailures, peerServers } from './lib/peers.mjs';

onSignal();
await ensureNodeDependencies();
await ensurePythonEnvironment();
await ensureBuilt();
await ensureGoTools();
const folder = mkdtempSync(join(tmpdir(), 'loadwright-peers-'));
try {
  process.stdout.write(`failed ÷ all; vegeta ${goToolVersions.vegeta}, k6 ${goToolVersions.k6}\n`);
  for (const server of Object.keys(peerServers)) {
    const { shares, worst, unaccounted } = await compareFailures(server, {
      folder,
      locust: pythonBin('locust'),
    });
    const columns = Object.entries(shares).map(([name, share]) => `${name} ${(100 * share).toFixed(1)} %`);
    const isRight = worst <= 1 && unaccounted === 0;
    process.stdout.write(
      `${isRight ? '✓' : '✗'} ${server}: ${columns.join(' · ')} · unaccounted ${unaccounted}\n`,
    );
    if (!isRight) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
