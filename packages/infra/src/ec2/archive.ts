import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bundle } from '@loadwright/core';
import { create } from 'tar';

/** A bundle as one compressed file. */
export interface Archive {
  readonly file: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** Packs a bundle, lets it be used, and removes the file again. */
export async function withArchive<Result>(
  { directory, files }: Bundle,
  use: (archive: Archive) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-archive-'));
  try {
    const file = join(folder, 'bundle.tar.gz');
    // Without owners and times: what runs there is the same whoever sends it.
    const options = { cwd: directory, file, gzip: true, portable: true, noMtime: true };
    await create(
      options,
      files.map(({ path }) => path),
    );
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    return await use({ file, sha256: hash.digest('hex') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
