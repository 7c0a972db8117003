import { readdir, writeFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databricksConfig, dhtConfig, project } from '../../../test/project.js';
import { run, TestIo } from '../../../test/support.js';

describe('loadwright render', () => {
  it('writes the bundle and says how it is run by hand', async () => {
    const { exitCode, stdout, io } = await run(['render', '--output', 'out'], await project(dhtConfig));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('docker compose up --scale worker=2');
    expect(stdout).toContain('locust -f locustfile.py');
    const files = await readdir(join(io.cwd, 'out'));
    expect(files).toEqual(expect.arrayContaining(['locustfile.py', 'target.json', 'load.json', 'README.md']));
  });

  it('prints the files and the digest as JSON, the same every time', async () => {
    const io = await project(dhtConfig);
    const first = JSON.parse((await run(['render', '--output', 'a', '--json'], io)).stdout);
    const second = JSON.parse(
      (await run(['render', '--output', 'b', '--json'], new TestIo({ cwd: io.cwd }))).stdout,
    );
    expect(second.digest).toBe(first.digest);
    expect(first.directory).toBe(join(io.cwd, 'a'));
  });

  it('names the variables that are needed, and writes no secret', async () => {
    const { stdout, stderr, io } = await run(['render'], await project(databricksConfig));
    expect(stdout).toContain('DATABRICKS_TOKEN');
    const files = await readdir(join(io.cwd, 'bundle'), { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
    );
    expect([stdout, stderr, ...texts].join('\n')).not.toContain('canary-token');
  });

  it('does not mix its files with others', async () => {
    const io = await project(dhtConfig);
    await mkdir(join(io.cwd, 'out'));
    await writeFile(join(io.cwd, 'out', 'mine.txt'), '');
    const { exitCode, stderr } = await run(['render', '--output', 'out'], io);
    expect(exitCode).toBe(104);
    expect(stderr).toContain('--output: the folder out is not empty');
    expect(await readdir(join(io.cwd, 'out'))).toEqual(['mine.txt']);
  });
});
