import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython, howToInstall } from './find-python.js';

const folder = mkdtempSync(join(tmpdir(), 'loadwright-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder for the PATH with commands that print what a Python of some version would. */
function pathWith(name: string, versions: Record<string, string>): string {
  const directory = join(folder, name);
  mkdirSync(directory, { recursive: true });
  for (const [command, version] of Object.entries(versions)) {
    const description = {
      executable: join(directory, command),
      version,
      platform: 'test',
      canMakeEnvironments: true,
    };
    writeFileSync(join(directory, command), `#!/bin/sh\necho '${JSON.stringify(description)}'\n`, {
      mode: 0o755,
    });
  }
  return directory;
}

describe('findPython', () => {
  let real = '';
  beforeAll(async () => {
    real = (await findPython()).executable;
  });

  it('describes the Python of this machine', async () => {
    expect(await findPython({ python: real, environment: {} })).toMatchObject({
      version: expect.stringMatching(/^3\.\d+\.\d+$/),
      canMakeEnvironments: true,
    });
  });

  it('takes the first on the PATH that is new enough', async () => {
    const PATH = pathWith('mixed', { python3: '3.10.14', python: '2.7.18', 'python3.12': '3.12.1' });
    expect(await findPython({ environment: { PATH } })).toMatchObject({ version: '3.12.1' });
  });

  it('prefers the option to the variable, and the variable to the PATH', async () => {
    const PATH = pathWith('three', { python3: '3.13.1', other: '3.11.2', another: '3.12.3' });
    const environment = { PATH, LOADWRIGHT_PYTHON: join(PATH, 'other') };
    expect(await findPython({ environment })).toMatchObject({ version: '3.11.2' });
    expect(await findPython({ environment, python: 'another' })).toMatchObject({ version: '3.12.3' });
  });

  it('takes one that uv has installed for itself, which lies on no PATH', async () => {
    const python = join(pathWith('of-uv', { python: '3.12.9' }), 'python');
    const PATH = pathWith('uv-alone', { python3: '3.9.2' });
    writeFileSync(join(PATH, 'uv'), `#!/bin/sh\necho '${python}'\n`, { mode: 0o755 });
    expect(await findPython({ environment: { PATH } })).toMatchObject({ version: '3.12.9' });
  });

  it('asks uv with the settings of uv, which say where it installs', async () => {
    const python = join(pathWith('of-uv-elsewhere', { python: '3.13.2' }), 'python');
    const PATH = pathWith('uv-elsewhere', {});
    const find = `[ "$UV_PYTHON_INSTALL_DIR" = /elsewhere ] && echo '${python}'`;
    writeFileSync(join(PATH, 'uv'), `#!/bin/sh\n${find}\n`, { mode: 0o755 });
    const environment = { PATH, UV_PYTHON_INSTALL_DIR: '/elsewhere' };
    expect(await findPython({ environment })).toMatchObject({ version: '3.13.2' });
  });

  it('says what brings one to this kind of machine', () => {
    expect(howToInstall('linux')).toMatch(/apt install python3 python3-venv.*uv python install/);
    expect(howToInstall('darwin')).toContain('brew install python');
  });

  it('tells which are too old', async () => {
    const PATH = pathWith('old', { python3: '3.10.14', python: '2.7.18' });
    await expect(findPython({ environment: { PATH } })).rejects.toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      message:
        'Every Python on the PATH is too old: python3 is 3.10.14, python is 2.7.18. Locust needs 3.11 or newer.',
      hint: expect.stringContaining('LOADWRIGHT_PYTHON'),
    });
  });

  it('tells that there is none', async () => {
    await expect(findPython({ environment: { PATH: pathWith('empty', {}) } })).rejects.toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      message: expect.stringContaining('No Python was found'),
    });
  });

  it('does not look further when the one that was named cannot be used', async () => {
    const PATH = pathWith('named', { python3: '3.12.1', ancient: '3.6.15' });
    symlinkSync('/bin/echo', join(PATH, 'not-python'));
    await expect(findPython({ environment: { PATH }, python: 'ancient' })).rejects.toMatchObject({
      message: 'ancient (option python) is Python 3.6.15; Locust needs 3.11 or newer.',
    });
    await expect(
      findPython({ environment: { PATH, LOADWRIGHT_PYTHON: 'not-python' } }),
    ).rejects.toMatchObject({
      message: 'not-python (variable LOADWRIGHT_PYTHON) is not a Python that can be run.',
      hint: expect.stringContaining('variable LOADWRIGHT_PYTHON'),
    });
  });
});
