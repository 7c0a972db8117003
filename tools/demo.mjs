/**
 * `npm run demo`: does all the set-up, then runs `loadwright demo` with the arguments given. Starts with nothing but
 * Node installed. What it says itself goes to stderr: `npm run --silent demo -- --json` prints one JSON document.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureNodeDependencies } from './lib/node-dependencies.mjs';
import { root } from './lib/paths.mjs';
import { onSignal } from './lib/processes.mjs';

onSignal();
try {
  await ensureNodeDependencies();
  await ensureBuilt({ types: false });
} catch (error) {
  process.stderr.write(`error: the set-up did not succeed: ${error.message}\n`);
  process.exit(1);
}

const command = join(root, 'packages', 'cli', 'dist', 'bin.js');
const child = spawn(process.execPath, [command, 'demo', ...process.argv.slice(2)], { stdio: 'inherit' });
// The command stops its run and cleans up by itself; this process waits for its exit code.
onSignal((signal) => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
