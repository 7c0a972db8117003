import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const theDevelopersOwn = /^(AWS|DATABRICKS|LOADWRIGHT|LOCUST)_/;
const kept = new Set(['LOADWRIGHT_PYTHON', 'LOADWRIGHT_CACHE_DIR']);

/**
 * An environment in which tests see nothing of the developer's accounts, and a folder for temporary files of their
 * own, by which a process that a test left behind is recognised.
 */
export function createTestEnvironment() {
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-test-'));
  const inherited = Object.entries(withCompiledFiles(process.env)).filter(
    ([name]) => kept.has(name) || !(theDevelopersOwn.test(name) || name.startsWith('npm_')),
  );
  const variables = {
    ...Object.fromEntries(inherited),
    TMPDIR: folder,
    // Neither the developer's profiles nor a cloud machine's role may be found.
    AWS_CONFIG_FILE: join(folder, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-aws-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NO_UPDATE_NOTIFIER: '1',
  };
  return { folder, variables, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/**
 * Variables with which Python keeps what it compiles, whatever the developer's own say: otherwise each of hundreds of
 * processes would compile the same packages again.
 *
 * @param {NodeJS.ProcessEnv} variables
 */
export function withCompiledFiles(variables) {
  const { PYTHONDONTWRITEBYTECODE: _, ...others } = variables;
  return others;
}

/**
 * Fails when a process that was started with the environment is still there. Linux only: elsewhere nothing is known.
 *
 * @param {string} folder the environment's folder for temporary files
 */
export async function assertNoProcessLeft(folder) {
  if (!existsSync('/proc/self/environ')) return;
  const deadline = Date.now() + 15_000;
  let left = processesOf(folder);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(250);
    left = processesOf(folder);
  }
  if (left.length > 0) throw new Error(`still running:\n${left.join('\n')}`);
}

function processesOf(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const environment = readFileSync(`/proc/${id}/environ`, 'utf8').split('\0');
        if (!environment.includes(`TMPDIR=${folder}`) && !readlinkSync(`/proc/${id}/cwd`).startsWith(folder))
          return [];
        return [`${id}: ${readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
      } catch {
        return []; // It ended just now, or is another user's.
      }
    });
}
