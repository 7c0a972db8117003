import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython } from '../../src/local/find-python.js';
import { findManagedLocust, makeManagedLocust } from '../../src/local/managed-locust.js';
import { freePorts } from '../../src/process/ports.js';
import { processesWith } from './processes.js';
import { standInWheel, temporaryFolder } from './stand-in-wheel.js';

const uv = fileURLToPath(new URL('../../../../.venv/bin/uv', import.meta.url));
const folder = temporaryFolder();
const noTools = join(folder, 'no-tools');
const withUv = join(folder, 'with-uv');
let python = '';
let index: ReturnType<typeof standInWheel>;

beforeAll(async () => {
  mkdirSync(noTools);
  mkdirSync(withUv);
  symlinkSync(uv, join(withUv, 'uv'));
  python = (await findPython()).executable;
  index = standInWheel(folder, python);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function request(cache: string, environment: Record<string, string> = {}, requirements = index.requirements) {
  const progress: string[] = [];
  const cacheDirectory = join(folder, cache);
  const variables = { PATH: noTools, HOME: folder, ...environment };
  return {
    options: { python, environment: variables },
    cacheDirectory,
    requirements,
    environment: variables,
    progress,
    onProgress: (message: string) => progress.push(message),
  };
}

describe('the managed Locust', () => {
  it(
    'is made once by two that need it at once, and used offline afterwards',
    { timeout: 180_000 },
    async () => {
      const first = request('once', index.offlineIndex);
      const second = request('once', index.offlineIndex);
      expect(await findManagedLocust(first)).toBeUndefined();
      const made = await Promise.all([makeManagedLocust(first), makeManagedLocust(second)]);
      expect(made[0]).toEqual(made[1]);
      expect(made[0]).toMatchObject({ version: '2.47.0', managed: true });
      const lines = [...first.progress, ...second.progress];
      expect(lines.filter((line) => line.startsWith('Installing Locust into'))).toHaveLength(1);
      expect(lines.filter((line) => line.startsWith('Another run is installing'))).toHaveLength(1);

      const offline = request('once', { PIP_INDEX_URL: 'http://127.0.0.1:1/' });
      expect(await makeManagedLocust(offline)).toEqual(made[0]);
      expect(await findManagedLocust(offline)).toEqual(made[0]);
      expect(offline.progress).toEqual([]);
    },
  );

  it(
    'is made with uv when that is on the PATH, and made again when it is broken',
    { timeout: 180_000 },
    async () => {
      const variables = { PATH: withUv, ...index.offlineIndex };
      const made = await makeManagedLocust(request('broken', variables));
      expect(existsSync(join(made.executable, '..', 'pip'))).toBe(false);
      rmSync(made.executable);

      const again = request('broken', variables);
      expect(await findManagedLocust(again)).toBeUndefined();
      expect(await makeManagedLocust(again)).toEqual(made);
      expect(again.progress[0]).toMatch(/incomplete: making it again/);
    },
  );

  it(
    'leaves no installer behind when it is aborted, and is then made again',
    { timeout: 180_000 },
    async () => {
      const abort = new AbortController();
      const aborted = request('aborted', index.offlineIndex);
      const attempt = makeManagedLocust({
        ...aborted,
        signal: abort.signal,
        onProgress: (message) => message.startsWith('Installing') && setImmediate(() => abort.abort()),
      });
      const reason: unknown = await attempt.catch((error: unknown) => error);
      expect(reason).toBe(abort.signal.reason);
      expect(processesWith(aborted.cacheDirectory)).toEqual([]);
      const made = await makeManagedLocust(request('aborted', { PATH: withUv, ...index.offlineIndex }));
      expect(made.version).toBe('2.47.0');
    },
  );
});

describe('an installation that fails', () => {
  it.each([
    ['pip', () => noTools],
    ['uv', () => withUv],
  ])('with %s runs no program of a package', { timeout: 180_000 }, async (tool, path) => {
    const source = join(folder, `source-${tool}`);
    const marker = join(folder, `ran-${tool}`);
    mkdirSync(join(source, 'locust-2.47.0'), { recursive: true });
    writeFileSync(join(source, 'locust-2.47.0', 'setup.py'), `open(${JSON.stringify(marker)}, "w")\n`);
    const archive = join(source, 'locust-2.47.0.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', source, 'locust-2.47.0']);
    const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
    const requirements = join(source, 'requirements.txt');
    writeFileSync(requirements, `locust==2.47.0 --hash=sha256:${sha256}\n`);
    const variables = { ...index.offlineIndex, PATH: path(), PIP_FIND_LINKS: source, UV_FIND_LINKS: source };
    await expect(makeManagedLocust(request(`source-${tool}`, variables, requirements))).rejects.toMatchObject(
      {
        code: 'LOCUST_UNAVAILABLE',
      },
    );
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['pip', () => noTools],
    ['uv', () => withUv],
  ])('with %s says that the index cannot be reached', { timeout: 180_000 }, async (tool, path) => {
    const [closed] = await freePorts(1);
    const url = `http://user:canary-password@127.0.0.1:${closed}/simple/`;
    const attempt = makeManagedLocust(
      request(`unreachable-${tool}`, {
        PATH: path(),
        PIP_INDEX_URL: url,
        PIP_RETRIES: '1',
        UV_INDEX_URL: url,
        UV_HTTP_RETRIES: '0',
      }),
    );
    const error = await attempt.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`\\(${tool} ended.*\\nThe package index cannot be reached`)),
      hint: expect.stringContaining('LOADWRIGHT_LOCUST'),
    });
    expect(String(error)).not.toContain('canary-password');
  });

  it.each([
    ['pip', () => noTools],
    ['uv', () => withUv],
  ])('with %s says that a package has the wrong hash', { timeout: 180_000 }, async (tool, path) => {
    const variables = { PATH: path(), ...index.offlineIndex };
    await expect(
      makeManagedLocust(request(`hash-${tool}`, variables, index.wrongRequirements)),
    ).rejects.toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      message: expect.stringContaining('does not have the pinned hash'),
    });
  });

  it('says that the cache folder cannot be made', async () => {
    await expect(makeManagedLocust(request('requirements.txt'))).rejects.toMatchObject({
      code: 'LOCUST_UNAVAILABLE',
      message: expect.stringContaining('cannot be made'),
      hint: expect.stringContaining('LOADWRIGHT_CACHE_DIR'),
    });
  });
});
