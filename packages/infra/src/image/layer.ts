import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LoadwrightError } from '@loadwright/core/errors';
import type { Bundle } from '@loadwright/core/fleet';
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
  /**
   * What is sent, from its beginning. Nothing of it is kept in memory or on disk: each piece is valid until the next one is
   * asked for.
   */
  open(): AsyncIterable<Buffer>;
}

const blockBytes = 512;
/** Two empty blocks end an archive. */
const end = Buffer.alloc(2 * blockBytes);

/** How much of a file is in memory at a time. */
const pieceBytes = 1 << 16;

/**
 * Reads a bundle once, for the digests that must be known before it is sent.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when a file is no longer what the bundle says of it.
 */
export async function createLayer(
  bundle: Pick<Bundle, 'directory' | 'files'>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Layer> {
  const diffId = createHash('sha256');
  const digest = createHash('sha256');
  let bytes = 0;
  async function* watched() {
    for await (const piece of tar(bundle)) {
      signal?.throwIfAborted();
      diffId.update(piece);
      yield piece;
    }
  }
  for await (const piece of storedGzip(watched())) {
    digest.update(piece);
    bytes += piece.length;
  }
  return {
    diffId: `sha256:${diffId.digest('hex')}`,
    digest: `sha256:${digest.digest('hex')}`,
    bytes,
    open: () => storedGzip(tar(bundle)),
  };
}

/** The archive of a bundle: nothing but names and contents differs from bundle to bundle. */
async function* tar({ directory, files }: Pick<Bundle, 'directory' | 'files'>): AsyncGenerator<Buffer> {
  const paths = files.map(({ path }) => path);
  const memory = Buffer.alloc(pieceBytes);
  for (const folder of foldersOf(paths)) yield headerOf(`${folder}/`, 0);
  for (const { path, bytes } of files.toSorted((one, other) => compare(one.path, other.path))) {
    yield headerOf(`${bundleFolder}/${path}`, bytes);
    yield* contentsOf(join(directory, path), bytes, memory);
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

/** Pieces of a file, one after another in the same memory. */
async function* contentsOf(path: string, bytes: number, memory: Buffer): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    let read = 0;
    while (true) {
      const { bytesRead } = await file.read(memory, 0, memory.length);
      read += bytesRead;
      if (bytesRead === 0 && read === bytes) return;
      // Before it is passed on: the headers say how long it is.
      if (bytesRead === 0 || read > bytes) throw changed(path, bytes, (await file.stat()).size);
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function changed(path: string, before: number, now: number): LoadwrightError {
  return new LoadwrightError(
    'CONFIG_INVALID',
    `${path} has ${now} bytes; it had ${before} when the bundle was written.`,
    { hint: 'Write the bundle again, and do not change its folder while it is sent.', retryable: true },
  );
}
