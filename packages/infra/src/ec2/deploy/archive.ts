import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatNumber, LoadwrightError, messageOf, type Bundle } from '@loadwright/core/fleet';
import { create } from 'tar';

/** A bundle as one compressed file. */
export interface Archive {
  readonly file: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** The most that S3 takes in one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html */
const longestBytes = 5 * 2 ** 30;

/**
 * Packs a bundle, lets it be used, and removes the file again.
 *
 * @param limit bytes that the file may have
 * @throws LoadwrightError `CONFIG_INVALID` when it has more, `PROVISIONING_FAILED` when there is no place for it.
 */
export async function withArchive<Result>(
  bundle: Bundle,
  use: (archive: Archive) => Promise<Result>,
  limit = longestBytes,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'loadwright-archive-')).catch(failed);
  try {
    const file = join(folder, 'bundle.tar.gz');
    const sha256 = await pack(bundle, file).catch(failed);
    requireLength((await stat(file)).size, limit);
    return await use({ file, sha256 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns its SHA-256 in hexadecimal */
async function pack({ directory, files }: Bundle, file: string): Promise<string> {
  // Without owners and times: what runs there is the same whoever sends it.
  const options = { cwd: directory, file, gzip: true, portable: true, noMtime: true };
  await create(
    options,
    files.map(({ path }) => path),
  );
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function failed(error: unknown): never {
  throw new LoadwrightError(
    'PROVISIONING_FAILED',
    `The bundle could not be packed in ${tmpdir()}: ${messageOf(error)}`,
    {
      hint: 'Make room there, or set the variable TMPDIR to another folder.',
      cause: error,
    },
  );
}

function requireLength(bytes: number, limit: number): void {
  if (bytes <= limit) return;
  const gigabytes = (count: number) => `${formatNumber(count / 2 ** 30, 2, 2)} GiB`;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The bundle has ${gigabytes(bytes)} when it is packed; a machine can be handed at most ${gigabytes(limit)}.`,
    { hint: 'Nearly all of it are the payloads: take fewer, or smaller ones.' },
  );
}
