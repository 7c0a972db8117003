import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, packages, root } from '../lib/paths.mjs';
import { mustRun } from '../lib/processes.mjs';
import { packedLimits } from './size.mjs';

/**
 * Packs every package, and checks each tarball as a stranger's package manager and compiler would see it.
 *
 * @param {import('../lib/ledger.mjs').Ledger} ledger
 * @param {{ env: NodeJS.ProcessEnv, folder: string }} options folder: where the tarballs go
 * @returns {Promise<string[]>} the tarballs
 */
export async function checkPackages(ledger, { env, folder }) {
  mkdirSync(folder, { recursive: true });
  const tarballs = [];
  for (const name of packages) {
    let tarball;
    await ledger.stage(
      `pack ${name}`,
      async () => {
        const cwd = join(root, 'packages', name);
        const { stdout } = await mustRun('npm', ['pack', '--json', '--pack-destination', folder], {
          cwd,
          env,
          quiet: true,
        });
        const [{ filename, files, size }] = JSON.parse(stdout);
        tarball = join(folder, filename.replace('@', '').replace('/', '-'));
        const stray = files
          .map((file) => file.path)
          // The tests of a package that `create-target` writes are no tests of ours.
          .filter((path) => /\.test\.|test_\w+\.py$|__pycache__/.test(path) && !path.endsWith('.template'));
        const missing = ['LICENSE', 'README.md'].filter((name) => !files.some((file) => file.path === name));
        if (missing.length > 0) throw new Error(`the package lacks ${missing.join(' and ')}`);
        if (stray.length > 0) throw new Error(`the package holds tests: ${stray.join(', ')}`);
        if (size > packedLimits[name])
          throw new Error(`the tarball has ${size} bytes, of ${packedLimits[name]} at most`);
        process.stdout.write(`${files.length} files, ${Math.round(size / 1024)} kB packed\n`);
      },
      { required: true },
    );
    tarballs.push(tarball);
    await ledger.stage(`publint ${name}`, () =>
      mustRun(bin('publint'), ['run', tarball, '--strict'], { env }).then(() => undefined),
    );
    // A command alone has nothing to import.
    if (!hasTypes(name)) continue;
    await ledger.stage(`types of ${name} as a consumer resolves them`, () =>
      mustRun(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], { env }).then(() => undefined),
    );
  }
  return tarballs;
}

function hasTypes(name) {
  const { exports } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  return Object.values(exports).some((target) => target?.types !== undefined);
}
