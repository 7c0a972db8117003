import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest, type RunEvent } from '@loadwright/core';
import { expect, it } from 'vitest';
import { busyMachine } from '../busy-machine.js';
import { localFleet } from '../../src/local/index.js';
import { locust } from '../local/provision-request.js';
import { echo, startEcho } from './echo-target.js';

const modesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    // Locust's own, until it is collected: inside folders that nobody else may enter.
    .filter((entry) => !/\/logs(\/csv)?$/.test(entry.parentPath) || entry.name.endsWith('.log'))
    .filter((entry) => !/^(__pycache__|.*\.pyc)$/.test(entry.name))
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .map(
      ({ entry, path }) => `${entry.isDirectory() ? 'd' : 'f'} ${(lstatSync(path).mode & 0o777).toString(8)}`,
    );

it('a run whose results folder is lost under it still has its verdict', async () => {
  const endpoint = await startEcho();
  const baseDirectory = realpathSync(mkdtempSync(join(tmpdir(), 'loadwright-lost-')));
  const folder = join(baseDirectory, 'results', 'echo', 'one');
  const warnings: string[] = [];
  let modes: string[] = [];
  const onProgress = (event: RunEvent) => {
    if (event.type === 'message' && event.level === 'warning') warnings.push(event.message);
    if (event.type !== 'phase' || event.phase !== 'stop' || event.state !== 'started') return;
    modes = modesIn(join(baseDirectory, 'results'));
    renameSync(folder, `${folder}-away`);
    writeFileSync(folder, 'a file');
  };
  try {
    const report = await createLoadTest({
      target: echo({ url: endpoint.url }),
      workers: 1,
      load: { users: 2, duration: '3s', logRequests: '100%' },
      baseDirectory,
      environment: {},
    }).run({
      fleet: localFleet({ locust }),
      runId: 'one',
      tolerate: busyMachine,
      onProgress,
    });
    expect(report).toMatchObject({ verdict: 'PASS', aborted: false });
    expect(report.total.count).toBe(endpoint.statistics().requests);
    expect(warnings.at(-1)).toMatch(
      new RegExp(
        `^${folder}: .*summary.json, report.html, junit.xml cannot be written: a part of the path is a file\\.`,
      ),
    );
    expect(report.unwritten).toEqual(
      expect.arrayContaining([
        'requests.jsonl',
        'series.jsonl.gz',
        'summary.json',
        'report.html',
        'junit.xml',
      ]),
    );
    expect(existsSync(join(folder, 'summary.json'))).toBe(false);
    // What was written before is for its owner alone.
    expect(modes.length).toBeGreaterThan(20);
    expect(new Set(modes)).toEqual(new Set(['d 700', 'f 600']));
  } finally {
    await endpoint.stop();
  }
}, 180_000);
