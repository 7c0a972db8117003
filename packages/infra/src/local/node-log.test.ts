import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NodeLog } from './node-log.js';

it('a log that the disk does not take is said once, and its last lines are kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loadwright-log-'));
  // Linux has a file that is always full; elsewhere a folder that is not there will do.
  const path = existsSync('/dev/full') ? '/dev/full' : join(folder, 'absent', 'a.log');
  const problems: string[] = [];
  const log = new NodeLog(
    path,
    (text) => text,
    (problem) => problems.push(problem),
  );
  for (let number = 0; number < 3; number += 1) log.write(`line ${number}`);
  await log.close();
  log.write('after it');
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(
    new RegExp(`^${path} cannot be written: .*; lines from here on are not in it$`),
  );
  expect(log.tail()).toEqual(['line 0', 'line 1', 'line 2', 'after it']);
  rmSync(folder, { recursive: true });
});
