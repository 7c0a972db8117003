import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../lib/processes.mjs';
import { ensureCompose } from './machine.mjs';

const kinds = ['sagemaker', 'databricks', 'rest', 'chalice', 'dht'];

/**
 * Renders the bundle of every target's first configuration, as `loadwright init` writes it, and lets Compose read
 * its file.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, cwd: string, loadwright: (...args: string[]) => Promise<unknown> }} options
 */
export async function checkBundles(ledger, { env, cwd, loadwright }) {
  const folder = join(cwd, 'compose');
  mkdirSync(folder);
  let compose;
  await ledger.stage('docker compose', async () => {
    compose = await ensureCompose(folder);
  });
  for (const kind of kinds) {
    await ledger.stage(`compose accepts the bundle of ${kind}`, async () => {
      const bundle = join(cwd, `bundle-${kind}`);
      mkdirSync(bundle);
      await loadwright('init', kind, '--yes', '--force', '--format', 'json');
      await loadwright('render', '--output', bundle);
      await mustRun(compose, ['-f', join(bundle, 'docker-compose.yml'), 'config'], {
        cwd: bundle,
        env,
      });
    });
  }
  rmSync(join(cwd, 'loadwright.config.json'), { force: true });
}
