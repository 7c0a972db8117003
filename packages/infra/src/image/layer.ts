import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { LoadwrightError } from '@loadwright/core/errors';
import type { Bundle } from '@loadwright/core';
import { Header, Pax } from 'tar';
import { storedGzip } from './stored-gzip.js';

/** Where a bundle lies in an image, without the first slash: as in the compose file of a bundle. */
export const bundleFolder = 'mnt/locust';

/** A bundle as one layer of an image. Same files, same bytes, on every machine and version of Node. */
export interface Layer {
  /** Digest of the tar archive: `sha256:…`. */
  readonly diffId: string;
  /** Digest of what is sent. */
  readonly digest: string;
  /** Length of what is sent. */
  readonly bytes: number;
  /** What is sent, from its beginning. Nothing of it is kept in memory or on disk. */
  open(): Readable;
}

const blockBytes = 512;
/** Two empty blocks end an archive. */
const end = Buffer.alloc(2 * blockBytes);

/**
 * Reads a bundle once, for the digests that must be known before it is sent.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when a file is no longer what the bundle says of it.
 */
export async function createLayer(bundle: Bundle, { signal }: { signal?: AbortSignal } = {}): Promise<Layer> {
  const diffId = createHash('sha256');
  const digest = createHash('sha256');
  let bytes = 0;
  async function* watched() {
    for await (const chunk of tar(bundle)) {
      signal?.throwIfAborted();
      diffId.update(chunk);
      yield chunk;
    }
  }
  for await (const chunk of storedGzip(watched())) {
    digest.update(chunk);
    bytes += chunk.length;
  }
  return {
    diffId: `sha256:${diffId.digest('hex')}`,
    digest: `sha256:${digest.digest('hex')}`,
    bytes,
    open: () => Readable.from(storedGzip(tar(bundle)), { objectMode: false }),
  };
}

/** The archive of a bundle: nothing in it but names and contents differs from bundle to bundle. */
async function* tar({ directory, files }: Bundle): AsyncGenerator<Buffer> {
  const paths = files.map(({ path }) => path);
  for (const folder of foldersOf(paths)) yield headerOf(`${folder}/`, 0);
  for (const { path, bytes } of files.toSorted((one, other) => compare(one.path, other.path))) {
    yield headerOf(`${bundleFolder}/${path}`, bytes);
    yield* contentsOf(join(directory, path), bytes);
    const rest = bytes % blockBytes;
    if (rest > 0) yield Buffer.alloc(blockBytes - rest);
  }
  yield end;
}

/** Every folder of the archive, each behind the one that holds it. */
function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = `${bundleFolder}/${path}`.split('/').slice(0, -1);
    parts.forEach((_, index) => folders.add(parts.slice(0, index + 1).join('/')));
  }
  return [...folders].sort();
}

/** By code units: no language of a machine changes the order. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function headerOf(path: string, size: number): Buffer {
  const isFolder = path.endsWith('/');
  const fields = {
    path,
    size,
    // On this machine the files are for their owner alone; the user of the image is somebody else.
    mode: isFolder ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    type: isFolder ? 'Directory' : 'File',
  } as const;
  const block = Buffer.alloc(blockBytes);
  const isTooLong = new Header(fields).encode(block, 0);
  return isTooLong ? Buffer.concat([new Pax({ path, size }).encode(), block]) : block;
}

async function* contentsOf(file: string, bytes: number): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    read += chunk.length;
    yield chunk;
  }
  if (read === bytes) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `${file} has ${read} bytes; it had ${bytes} when the bundle was written.`,
    { hint: 'Write the bundle again, and do not change its folder while it is sent.', retryable: true },
  );
}
