import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  disk,
  makeFolder,
  makeFolderInside,
  makePrivate,
  requireWritable,
  writeWhole,
  writeWholeStream,
} from './files.js';

let cwd = '';
beforeEach(async () => {
  cwd = await realpath(await mkdtemp(join(tmpdir(), 'loadwright-files-')));
});
afterEach(() => vi.restoreAllMocks());

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('writeWhole', () => {
  it('replaces a file, and a link rather than what it leads to', async () => {
    await writeFile(join(cwd, 'elsewhere'), 'mine');
    await symlink(join(cwd, 'elsewhere'), join(cwd, 'summary.json'));
    await writeWhole(join(cwd, 'summary.json'), 'new');
    expect(await readFile(join(cwd, 'elsewhere'), 'utf8')).toBe('mine');
    expect(await readFile(join(cwd, 'summary.json'), 'utf8')).toBe('new');
    expect(await modeOf(join(cwd, 'summary.json'))).toBe('600');
  });

  it.each([
    ['text', (path: string) => writeWhole(path, 'new')],
    ['stream', (path: string) => writeWholeStream(path, ['a', 'b'])],
  ])('leaves what was there, and nothing else, when the disk is full: %s', async (_what, write) => {
    const path = join(cwd, 'summary.json');
    await writeFile(path, 'old');
    vi.spyOn(disk, 'rename').mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    await expect(write(path)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${path} cannot be written: no space is left on the disk`,
    });
    expect(await readdir(cwd)).toEqual(['summary.json']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it('does not write over what must be new, and works where a file has one name alone', async () => {
    const path = join(cwd, 'snapshot.json');
    await writeWhole(path, 'first', { isNew: true });
    await expect(writeWhole(path, 'second', { isNew: true })).rejects.toMatchObject({
      message: `${path} cannot be written: it is there already, and is not overwritten`,
    });
    expect(await readFile(path, 'utf8')).toBe('first');
    vi.spyOn(disk, 'link').mockRejectedValue(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
    await writeWhole(join(cwd, 'other.json'), 'other', { isNew: true });
    expect((await readdir(cwd)).sort()).toEqual(['other.json', 'snapshot.json']);
  });

  it('throws what a stream throws', async () => {
    function* broken() {
      yield 'a';
      throw new TypeError('broken');
    }
    await expect(writeWholeStream(join(cwd, 'a'), broken())).rejects.toThrow('broken');
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('makeFolder', () => {
  it('makes private folders, and tells the first', async () => {
    expect(await makeFolder(join(cwd, 'a', 'b', 'c'))).toBe(join(cwd, 'a'));
    expect(await modeOf(join(cwd, 'a'))).toBe('700');
    expect(await modeOf(join(cwd, 'a', 'b', 'c'))).toBe('700');
    expect(await makeFolder(join(cwd, 'a', 'b'))).toBeUndefined();
  });

  it.each(['/proc/x', '/proc/self/x/y', '/dev/null/x', '/sys/x'])(
    'says that nothing can be made in %s',
    async (path) => {
      await expect(requireWritable(path, path)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(path) as string,
      });
    },
  );

  it('tells a file and a loop of links from a folder', async () => {
    await writeFile(join(cwd, 'file'), '');
    await symlink(join(cwd, 'loop'), join(cwd, 'loop'));
    await symlink(join(cwd, 'absent'), join(cwd, 'dangling'));
    for (const name of ['file', 'loop', 'dangling'])
      await expect(makeFolder(join(cwd, name, 'a'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('makeFolderInside', () => {
  it.each(['name', 'name/run', 'name/run/logs'])('does not follow a link at %s', async (link) => {
    const outside = await mkdtemp(join(tmpdir(), 'loadwright-outside-'));
    await mkdir(join(cwd, link, '..'), { recursive: true });
    await symlink(outside, join(cwd, link));
    await expect(makeFolderInside(cwd, join(cwd, 'name', 'run', 'logs'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `results: ${join(cwd, link)} is a symbolic link, and is not followed`,
    });
    expect(await readdir(outside)).toEqual([]);
  });

  it('follows the folder of all results, which the user has named', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'loadwright-disk-'));
    await symlink(elsewhere, join(cwd, 'results'));
    await makeFolderInside(join(cwd, 'results'), join(cwd, 'results', 'name', 'run'));
    expect(await readdir(elsewhere)).toEqual(['name']);
  });
});

it('requireWritable leaves nothing behind', async () => {
  await requireWritable(join(cwd, 'results'), join(cwd, 'results', 'name', 'run'));
  expect(await readdir(cwd)).toEqual([]);
});

it('makePrivate takes the permissions of others from all that is in a folder', async () => {
  await mkdir(join(cwd, 'a'));
  await writeFile(join(cwd, 'a', 'b'), '');
  await chmod(join(cwd, 'a', 'b'), 0o664);
  await makePrivate(cwd);
  expect(await Promise.all(['', 'a', 'a/b'].map((name) => modeOf(join(cwd, name))))).toEqual([
    '700',
    '700',
    '600',
  ]);
});
