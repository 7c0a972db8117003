/**
 * A registry of npm on this machine, on a free port: serves what was published to it, and hands what is asked of other packages to
 * the registry that this machine is configured for. Prints its address, and ends with its input.
 *
 * Usage: serve.mjs <folder with node_modules/verdaccio, for its packages, too> <address of the other registry>
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, upstream] = process.argv.slice(2);
const { runServer } = createRequire(join(folder, 'package.json'))('verdaccio');
const own = { access: '$all', publish: '$all' };
const app = await runServer({
  storage: join(folder, 'storage'),
  self_path: folder,
  // Whoever reaches this address may publish: a token is asked for by npm alone.
  auth: { htpasswd: { file: join(folder, 'htpasswd') } },
  // The cache of npm has what came through.
  uplinks: { upstream: { url: upstream, cache: false, timeout: '60s' } },
  packages: {
    '@loadwright/*': own,
    loadwright: own,
    'create-loadwright': own,
    '**': { access: '$all', proxy: 'upstream' },
  },
  web: { enable: false },
  max_body_size: '50mb',
  log: { type: 'stdout', format: 'pretty', level: 'error' },
});
app.listen(0, '127.0.0.1', function announce() {
  process.stdout.write(`http://127.0.0.1:${this.address().port}/\n`);
});
process.stdin.resume().on('end', () => process.exit());
