import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, TestIo } from '../../../test/support.js';

describe('loadwright create-target', () => {
  it('writes a package under the name of its target', async () => {
    const { exitCode, io, stderr, stdout } = await run(['create-target', 'loadwright-target-my-service2']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('cd loadwright-target-my-service2 && npm install');
    const folder = join(io.cwd, 'loadwright-target-my-service2');
    const files = await readdir(folder, { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['.gitignore', 'python/my_service2_requests.py']));
    for (const file of files.filter((name) => /\.\w+$/.test(name))) {
      const text = await readFile(join(folder, file), 'utf8');
      expect(text, file).not.toMatch(/\{\{|\}\}/);
    }
    expect(await readFile(join(folder, 'src/emulator.ts'), 'utf8')).toContain('{ MY_SERVICE2_TOKEN: token }');
    expect(await readFile(join(folder, 'python/locustfile.py'), 'utf8')).toContain('class MyService2User(');
  });

  it('says as JSON what it wrote', async () => {
    const { io, stdout } = await run(['create-target', 'mine', '--directory', 'a/b', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      name: 'loadwright-target-mine',
      folder: join(io.cwd, 'a/b'),
      files: expect.arrayContaining(['package.json', 'src/index.ts']),
    });
  });

  it.each([
    ['MyService', 'cannot be the name', 'loadwright create-target my-service'],
    ['../evil', 'cannot be the name', 'loadwright create-target evil'],
    ['7', 'cannot be the name', 'begins with a letter'],
    ['a'.repeat(61), 'cannot be the name', 'at most 60 characters'],
    ['sagemaker', 'there is a target "sagemaker" already', 'create-target my-sagemaker'],
  ])('refuses the name %s', async (name, message, hint) => {
    const { exitCode, io, stderr } = await run(['create-target', name]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.replace(/\s+/g, ' ')).toContain(hint);
    expect(await readdir(io.cwd)).toEqual([]);
  });

  it('touches no folder that holds something, nor a file of that name', async () => {
    const io = new TestIo();
    await mkdir(join(io.cwd, 'loadwright-target-mine'));
    await writeFile(join(io.cwd, 'loadwright-target-mine', 'notes.txt'), 'mine');
    await writeFile(join(io.cwd, 'file'), 'mine');
    const there = await run(['create-target', 'mine'], io);
    expect(there.stderr).toContain('the folder loadwright-target-mine exists already, and is not empty');
    expect(await readdir(join(io.cwd, 'loadwright-target-mine'))).toEqual(['notes.txt']);
    const file = await run(['create-target', 'mine', '--directory', 'file'], new TestIo({ cwd: io.cwd }));
    expect(file.stderr).toContain('file cannot be the folder of a package (ENOTDIR)');
  });
});
