import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Bundle } from '@loadwright/core/fleet';
import { list, type ReadEntry } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLayer } from './layer.js';

const execute = promisify(execFile);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadwright-layer-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function bundleOf(contents: Record<string, string | Buffer>): Promise<Bundle> {
  const files = [];
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { mode: 0o600 });
    files.push({ path, bytes: Buffer.byteLength(content), sha256: '' });
  }
  return { directory, files, digest: '' };
}

/** The pieces share their memory. */
async function copies(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const copied: Buffer[] = [];
  for await (const piece of pieces) copied.push(Buffer.from(piece));
  return copied;
}

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const small = {
  'locustfile.py': 'from loadwright_runtime import *\n',
  'loadwright_runtime/__init__.py': '',
  'target.json': '{"version":1}\n',
};

describe('createLayer', () => {
  it('has the same digest on every machine and version of Node', async () => {
    const layer = await createLayer(await bundleOf(small));
    // Written down once: what differs from it would be sent, stored and pulled again.
    expect(layer).toMatchObject({
      diffId: 'sha256:ca88371eff54011399a5a33ddcfa2b9360b3754f347bab701d3675737cbcee8a',
      digest: 'sha256:3b138cee4e1723a0a7146991e70102b8b254673a074de6baadd822c14c688322',
    });
    const sent = Buffer.concat(await copies(layer.open()));
    expect([sha256(sent), sent.length]).toEqual([layer.digest, layer.bytes]);
    expect(sha256(gunzipSync(sent))).toBe(layer.diffId);
  });

  it('does not depend on times or order of the files', async () => {
    const bundle = await bundleOf(small);
    const first = await createLayer(bundle);
    await utimes(join(directory, 'target.json'), 1, 1);
    const second = await createLayer({ ...bundle, files: bundle.files.toReversed() });
    expect(second.digest).toBe(first.digest);
  });

  it('has folders first, readable for every user, without owners and times', async () => {
    const { open } = await createLayer(await bundleOf(small));
    const file = join(directory, 'layer.tar.gz');
    await writeFile(file, await copies(open()));
    const entries: Partial<ReadEntry>[] = [];
    await list({
      file,
      strict: true,
      onReadEntry: ({ path, mode, uid, gid, mtime, size }) =>
        void entries.push({ path, mode, uid, gid, mtime, size }),
    });
    const owned = { uid: 0, gid: 0, mtime: new Date(0) };
    const folder = (path: string) => ({ path, mode: 0o755, size: 0, ...owned });
    expect(entries).toEqual([
      ...['mnt/', 'mnt/locust/', 'mnt/locust/loadwright_runtime/'].map(folder),
      { path: 'mnt/locust/loadwright_runtime/__init__.py', mode: 0o644, size: 0, ...owned },
      { path: 'mnt/locust/locustfile.py', mode: 0o644, size: 33, ...owned },
      { path: 'mnt/locust/target.json', mode: 0o644, size: 14, ...owned },
    ]);
  });

  it('is unpacked by tar and gzip of this system without a difference', async () => {
    const long = `${'a_long_name_'.repeat(12)}.py`;
    const contents: Record<string, string | Buffer> = {
      ...small,
      [`${'folder/'.repeat(9)}${long}`]: 'deep',
      'naïve – übermäßig.json': '{}',
      // As long as stored blocks and blocks of tar are, and around it.
      ...Object.fromEntries(
        [511, 512, 513, 65_535, 65_536, 131_070, 300_000].map((bytes) => [
          `${bytes}.bin`,
          Buffer.alloc(bytes, `${bytes}`),
        ]),
      ),
    };
    const { open } = await createLayer(await bundleOf(contents));
    const unpacked = join(directory, 'unpacked');
    await mkdir(unpacked);
    const file = join(directory, 'layer.tar.gz');
    await writeFile(file, await copies(open()));
    await execute('tar', ['-xzf', file, '-C', unpacked]);
    for (const [path, content] of Object.entries(contents)) {
      const found = await readFile(join(unpacked, 'mnt/locust', path));
      expect(found.equals(Buffer.from(content)), path).toBe(true);
    }
  });

  it('fails when a file has changed since the bundle was written', async () => {
    const bundle = await bundleOf(small);
    await appendFile(join(directory, 'target.json'), ' ');
    await expect(createLayer(bundle)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/target\.json has 15 bytes; it had 14/),
    });
  });

  it('stops when its signal is aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(createLayer(await bundleOf(small), { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
