/** The peer `oha`, built from crates.io into a cache folder. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execute, mustRun } from '../../tools/lib/processes.mjs';
import { root } from './paths.mjs';

export const ohaVersion = '1.16.0';

/** Goes away with node_modules. The version is part of its name. */
const folder = join(root, `node_modules/.cache/loadwright-rust-tools/oha-${ohaVersion}`);

/** The executable; see {@link ensureOha}. */
export const oha = join(folder, 'bin/oha');

/** Builds it unless it is there: some minutes the first time. As its own lock file has it, without profile-guided optimization. */
export async function ensureOha() {
  if (existsSync(oha)) return;
  const { code } = await execute('sh', ['-c', 'command -v cargo'], { quiet: true });
  if (code !== 0) throw new Error('cargo not found. Install Rust: https://www.rust-lang.org/tools/install');
  process.stderr.write(`Building oha ${ohaVersion}\n`);
  const target = join(folder, 'target');
  mkdirSync(target, { recursive: true });
  const env = { ...process.env, CARGO_TARGET_DIR: target };
  const which = ['oha', '--version', ohaVersion, '--locked', '--root', folder];
  await mustRun('cargo', ['install', '--quiet', ...which], { env, quiet: true });
  rmSync(target, { recursive: true, force: true });
}
