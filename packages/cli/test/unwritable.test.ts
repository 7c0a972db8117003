import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { dhtConfig, project } from './project.js';
import { run, TestIo } from './support.js';

describe('a results folder that cannot be written to is found before the preflight', () => {
  it.each([
    ['/proc/x', '/proc/x'],
    ['/dev/null/x', '/dev/null/x'],
    ['a-file', 'a-file'],
    ['linked', 'is a symbolic link, and is not followed'],
  ])('%s', async (results, told) => {
    let requests = 0;
    const server = createServer(() => (requests += 1)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const io = await project({ ...dhtConfig, target: { ...dhtConfig.target, baseUrl } });
    await writeFile(join(io.cwd, 'a-file'), '');
    await mkdir(join(io.cwd, 'linked'));
    await mkdir(join(io.cwd, 'elsewhere'));
    await symlink(join(io.cwd, 'elsewhere'), join(io.cwd, 'linked', 'dht'));
    const { exitCode, stdout, stderr } = await run(['run', '--json', '--results', results], io);
    server.close();
    expect({ exitCode, requests }).toEqual({ exitCode: 104, requests: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CONFIG_INVALID' } });
    expect(stderr).toContain(told);
    expect(stderr).toContain('--results');
    expect(await readdir(join(io.cwd, 'elsewhere'))).toEqual([]);
  });

  it('by init, which names the folder', async () => {
    const io = new TestIo({ cwd: '/proc/self' });
    const { exitCode, stderr } = await run(['init', 'dht', '--yes'], io);
    expect(exitCode).toBe(104);
    expect(stderr).toContain('/proc/self/loadwright.config.ts cannot be written');
  });
});

it('a folder that is gone is named as the reason', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'loadwright-gone-'));
  const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
  const line = 'rmdir "$PWD" && exec "$0" "$1" run';
  const { status, stderr } = spawnSync('sh', ['-c', line, process.execPath, bin], { cwd, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({
    status: 104,
    stderr:
      'error: the current folder does not exist any more\nhint: go to one that does, and run the command again\n',
  });
});
