/** Tools that are built from the Go module proxy into a cache folder. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execute, mustRun } from '../../tools/lib/processes.mjs';
import { root } from './paths.mjs';

const modules = {
  vegeta: 'github.com/tsenart/vegeta/v12@v12.13.0',
  k6: 'go.k6.io/k6@v1.8.1',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  // Makes an OpenTelemetry collector of the components that are named.
  builder: 'go.opentelemetry.io/collector/cmd/builder@v0.165.0',
  statsd_exporter: 'github.com/prometheus/statsd_exporter@v0.28.0',
  crane: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
};

/** Goes away with node_modules. The versions are part of its name. */
const folder = join(root, 'node_modules/.cache/loadwright-go-tools');
const placeOf = (name) => join(folder, modules[name].replaceAll(/[^\w.]/g, '-'));

/** The executable of a tool; see {@link ensureGoTools}. */
export const goTool = (name) => join(placeOf(name), name);

/**
 * Builds tools unless they are there: some minutes the first time.
 *
 * @param {(keyof typeof modules)[]} names
 */
export async function ensureGoTools(names = ['vegeta', 'k6']) {
  const missing = names.filter((name) => !existsSync(goTool(name)));
  if (missing.length === 0) return;
  const { code } = await execute('sh', ['-c', 'command -v go'], { quiet: true });
  if (code !== 0) throw new Error('go not found. Install Go: https://go.dev/doc/install');
  for (const name of missing) {
    process.stderr.write(`Building ${modules[name]}\n`);
    // Its own, because others may be built at the same time.
    const path = join(placeOf(name), 'modules');
    mkdirSync(path, { recursive: true });
    const env = { ...process.env, GOBIN: placeOf(name), GOPATH: path, GOFLAGS: '-modcacherw' };
    await mustRun('go', ['install', modules[name]], { env, quiet: true });
    rmSync(path, { recursive: true, force: true });
  }
}
