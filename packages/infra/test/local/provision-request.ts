import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonDirectory } from '@loadwright/core/fleet';
import type { ProvisionRequest } from '@loadwright/core';
import { onTestFinished } from 'vitest';

/** The Locust of these tests; how one is installed is tested elsewhere. */
export const locust =
  process.env['LOADWRIGHT_TEST_LOCUST'] ??
  fileURLToPath(new URL('../../../../.venv/bin/locust', import.meta.url));

/** A secret that must appear nowhere but in the environment of the workers. */
export const canary = 'canary-5d0f1c9e';

let runs = 0;

/** A request for a fleet of two workers, with a bundle and a log folder of its own that go with the test. */
export function provisionRequest(
  changes: Partial<ProvisionRequest> = {},
): ProvisionRequest & { lines: string[] } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const directory = join(folder, 'bundle');
  cpSync(new URL('./bundle', import.meta.url), directory, { recursive: true });
  cpSync(new URL('loadwright_runtime/', pythonDirectory), join(directory, 'loadwright_runtime'), {
    recursive: true,
    filter: (path) => !path.includes('__pycache__'),
  });
  const lines: string[] = [];
  runs += 1;
  return {
    fleetId: `test-${process.pid}-${runs}`,
    workers: 2,
    durationSeconds: 1,
    host: 'http://127.0.0.1:9',
    iamStatements: [],
    bundle: { directory, files: [], digest: '' },
    environment: { LOADWRIGHT_TEST_TOKEN: canary },
    logDirectory: join(folder, 'logs'),
    redact: (text) => text.replaceAll(canary, '[redacted]'),
    signal: new AbortController().signal,
    onProgress: (message) => lines.push(message),
    lines,
    ...changes,
  };
}
