import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FleetHandle } from '../fleet/contract.js';
import { collectLogs, saveLogs } from './collect-logs.js';
import type { RunEvent } from '../run/events.js';
import { Phases } from '../run/phases.js';
import { Unwritten } from './unwritten.js';
import type { ReadyFleet } from '../fleet/provision.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadwright-logs-'));
  await mkdir(join(directory, 'logs'));
});
afterEach(() => rm(directory, { recursive: true }));

const handleWith = (logs: FleetHandle['logs']) => ({ logs }) as FleetHandle;
const redact = (text: string) => text.replaceAll('hidden', '[redacted]');
const read = (name: string) => readFile(join(directory, 'logs', name), 'utf8');

const handle = handleWith(async function* () {
  yield { node: 'master', line: 'ready' };
  yield { node: '../worker 1', line: 'the token is hidden' };
  yield { node: 'master', line: 'stopped' };
});

/** Saves logs as a run does. @returns its warnings */
async function warningsOf(logs: FleetHandle['logs'], limit = 5000): Promise<string[]> {
  const events: RunEvent[] = [];
  const ready = {
    handle: handleWith(logs),
    folder: { directory, unwritten: new Unwritten(directory) },
    redact,
  } as unknown as ReadyFleet;
  await saveLogs(ready, new Phases({ onProgress: (event) => events.push(event) }), limit);
  return events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
}

describe('the logs of a fleet', () => {
  it('are a file for each node, without secrets', async () => {
    expect(await collectLogs(handle, directory, redact)).toEqual(['logs/master.log', 'logs/.._worker_1.log']);
    expect(await read('master.log')).toBe('ready\nstopped\n');
    expect(await read('.._worker_1.log')).toBe('the token is [redacted]\n');
  });

  it('leave a file as it is that has these lines and more, and replace any other', async () => {
    await writeFile(join(directory, 'logs', 'master.log'), 'ready\nstopped\nended\n');
    await writeFile(join(directory, 'logs', '.._worker_1.log'), 'of an earlier look\n');
    await collectLogs(handle, directory, redact);
    expect(await read('master.log')).toBe('ready\nstopped\nended\n');
    expect(await read('.._worker_1.log')).toBe('the token is [redacted]\n');
  });
});

describe('the logs of a run', () => {
  it('are saved without a word', async () => {
    expect(await warningsOf(handle.logs)).toEqual([]);
    expect(await readdir(join(directory, 'logs'))).toHaveLength(2);
  });

  it('only warn when they cannot be had, and show no secret', async () => {
    const warnings = await warningsOf(async function* () {
      yield { node: 'master', line: 'ready' };
      throw new Error('hidden is refused');
    });
    expect(warnings).toEqual(['The logs of the fleet could not be collected: [redacted] is refused']);
  });

  it.each([
    ['that listens', (signal?: AbortSignal) => signal],
    ['that does not listen', () => undefined],
  ])('are waited for no longer than agreed, of a fleet %s', async (_what, heard) => {
    const warnings = await warningsOf(async function* ({ signal } = {}) {
      yield { node: 'master', line: 'ready' };
      await new Promise((_resolve, reject) => {
        heard(signal)?.addEventListener('abort', () => reject(new Error('ended early')));
      });
    }, 50);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/could not be collected: (they did not come within 0\.\d\d s|ended early)/);
  });
});
