import {
  appendFile,
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  truncate,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Readable, Writable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isLoadwrightError, LoadwrightError } from './errors.js';

/** What writes to a disk, in one place: so a test can let any of it fail. */
export const disk = {
  open,
  rename,
  link,
  appendFile,
  mkdir,
  /** Behind what the file holds already. */
  write: (file: FileHandle, content: string | Uint8Array): Promise<void> => file.writeFile(content),
  /** A system that writes late says here that it could not. */
  close: (file: FileHandle): Promise<void> => file.close(),
  /** Returns when the disk itself has it. */
  sync: (file: FileHandle): Promise<void> => file.sync(),
};

/** Files and folders of a run are for their owner alone: payloads and answers may be confidential. */
const privateFile = 0o600;
const privateFolder = 0o700;

/** How a file is written. */
export interface WriteOptions {
  /** Permissions. Default 0600: for its owner alone. */
  readonly mode?: number;
  /** Whether the file must outlive a loss of power as soon as the call has returned. Default false. */
  readonly durable?: boolean;
  /** Whether a file of that name stays, and the call fails, also where two call at once. Default false. */
  readonly isNew?: boolean;
}

/**
 * Writes a file: all of it or nothing. A file of that name, or a symbolic link, is replaced, unless it must be new.
 *
 * @throws LoadwrightError `CONFIG_INVALID` that names the file, when the disk does not take it.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  options?: WriteOptions,
): Promise<void> {
  await whole(path, options, (file) => disk.write(file, content));
}

/** {@link writeWhole} of a stream. @returns the size of the file in bytes. */
export async function writeWholeStream(
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  { transforms = [], ...options }: WriteOptions & { readonly transforms?: readonly Transform[] } = {},
): Promise<number> {
  let bytes = 0;
  await whole(path, options, async (file) => {
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        disk.write(file, chunk).then(() => done(), done);
      },
    });
    await pipeline([Readable.from(pieces), ...transforms, output]);
  });
  return bytes;
}

async function whole(
  path: string,
  { mode = privateFile, durable = false, isNew = false }: WriteOptions = {},
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const part = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    // `wx`: never through a link that somebody else has put there.
    const file = await disk.open(part, 'wx', mode);
    try {
      await write(file);
      if (durable) await disk.sync(file);
    } finally {
      await disk.close(file);
    }
    await (isNew ? moveBesideOthers(part, path) : disk.rename(part, path));
    if (durable) await syncFolder(dirname(path));
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw isDiskError(error) ? unwritable(path, error) : error;
  }
}

/** Gives a file another name. Renaming it would replace what somebody else has written meanwhile. */
async function moveBesideOthers(part: string, path: string): Promise<void> {
  try {
    await disk.link(part, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // Not every file system has a second name for a file.
    return disk.rename(part, path);
  }
  await rm(part);
}

/** Makes the names of a folder's files durable: a file that was renamed has its new name only when the folder is written. */
async function syncFolder(path: string): Promise<void> {
  // Windows writes the names by itself, and opens no folder.
  if (process.platform === 'win32') return;
  const folder = await disk.open(path, 'r');
  try {
    await disk.sync(folder);
  } finally {
    await disk.close(folder);
  }
}

/** Appends to a file of a run: all of it or nothing. @throws LoadwrightError as {@link writeWhole} does. */
export async function appendPrivately(path: string, text: string): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  try {
    await disk.appendFile(path, text, { mode: privateFile });
  } catch (error) {
    // Half a line is worse than none, and so is an empty file.
    await (size === 0 ? rm(path, { force: true }) : truncate(path, size)).catch(() => {});
    throw unwritable(path, error);
  }
}

/** A file that grows while something lasts, for its owner alone. What is appended is there as a whole or not at all. */
export class GrowingFile {
  #size = 0;
  #last: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * Makes the file, and folders above it that are missing.
   *
   * @throws LoadwrightError `CONFIG_INVALID` that names the file, also where a file or a link of that name is there.
   */
  static async create(path: string): Promise<GrowingFile> {
    await makeFolder(dirname(path));
    // `x`: never over what somebody else has put there; `a`: behind what is there, also after a write was taken back.
    const file = await disk.open(path, 'ax', privateFile).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    return new GrowingFile(path, file);
  }

  /** Appends behind what was appended before. @throws LoadwrightError as {@link writeWhole} does. */
  append(text: string): Promise<void> {
    const appended = this.#last.then(async () => this.#append(text));
    this.#last = appended.catch(() => {});
    return appended;
  }

  /** Returns when the disk itself has all of it. */
  async close(): Promise<void> {
    await this.#last;
    try {
      await disk.sync(this.file);
    } finally {
      await disk.close(this.file);
    }
  }

  async #append(text: string): Promise<void> {
    try {
      await disk.write(this.file, text);
      this.#size += Buffer.byteLength(text);
    } catch (error) {
      // Half a line is worse than none.
      await this.file.truncate(this.#size).catch(() => {});
      throw unwritable(this.path, error);
    }
  }
}

/**
 * Makes a folder, and those above it that are missing, for their owner alone.
 *
 * @returns the first folder that was made; undefined when all were there.
 * @throws LoadwrightError `CONFIG_INVALID` that names the folder.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  // Not by `recursive`: on /proc, where nothing can be made, Node.js then tries for ever.
  for (let folder = resolve(path); !(await isFolder(folder, path)); folder = dirname(folder))
    missing.push(folder);
  for (const folder of missing.toReversed()) {
    await disk.mkdir(folder, privateFolder).catch((error: unknown) => {
      // Another run may make it at the same time.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(path, error);
    });
  }
  return missing.at(-1);
}

async function isFolder(folder: string, wanted: string): Promise<boolean> {
  try {
    if ((await stat(folder)).isDirectory()) return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isLink = await lstat(folder).then(
      (found) => found.isSymbolicLink(),
      () => false,
    );
    if (code === 'ENOENT' && !isLink) return false;
    throw unwritable(wanted, error);
  }
  throw unwritable(wanted, Object.assign(new Error(`${folder} is a file`), { code: 'ENOTDIR' }));
}

/**
 * {@link makeFolder} below another folder, none of it by way of a symbolic link: who can put one there would choose
 * where results go.
 */
export async function makeFolderInside(root: string, path: string): Promise<string | undefined> {
  const steps = relative(root, path).split(sep);
  for (const [index] of steps.entries()) {
    const folder = join(root, ...steps.slice(0, index + 1));
    const found = await lstat(folder).catch(() => undefined);
    if (!found?.isSymbolicLink()) continue;
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `results: ${folder} is a symbolic link, and is not followed`,
      {
        hint: `Remove the link, or name the folder itself: --results <folder>.`,
      },
    );
  }
  return makeFolder(path);
}

/**
 * Finds out whether a folder can be written to, and leaves everything as it was.
 *
 * @throws LoadwrightError `CONFIG_INVALID` that names the folder.
 */
export async function requireWritable(root: string, path: string): Promise<void> {
  const made = await makeFolderInside(root, path).catch((error: unknown) => {
    if (!isLoadwrightError(error) || error.cause === undefined) throw error;
    throw new LoadwrightError('CONFIG_INVALID', error.message, { hint: elsewhere, cause: error.cause });
  });
  try {
    const probe = join(path, `.loadwright-${randomBytes(4).toString('hex')}`);
    await writeWhole(probe, 'x').catch((error: unknown) => {
      const { message } = unwritable(path, (error as Error).cause);
      throw new LoadwrightError('CONFIG_INVALID', message, { hint: elsewhere, cause: error });
    });
    await rm(probe);
  } finally {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
  }
}

const elsewhere = 'Make room or get the permission, or name another folder: --results <folder>.';

/** Takes the permissions of everybody else from a folder of files. */
export async function makePrivate(directory: string): Promise<void> {
  await chmod(directory, privateFolder);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, privateFolder);
    else if (entry.isFile()) await chmod(path, privateFile);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'your quota of the disk is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EEXIST: 'it is there already, and is not overwritten',
  ENOENT: 'nothing can be made there',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links go round in circles',
  EIO: 'the disk fails',
  EFBIG: 'the file would be too large',
  ENAMETOOLONG: 'its name is too long',
};

/** True for what an operating system says of a file. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' && code in reasons;
}

/** That a file or folder cannot be written. */
export class Unwritable extends LoadwrightError {
  readonly path: string;
  /** Of a sentence: `no space is left on the disk`. */
  readonly reason: string;

  constructor(path: string, reason: string, cause: unknown) {
    super('CONFIG_INVALID', `${path} cannot be written: ${reason}`, {
      hint: 'Make room or get the permission, or name another folder.',
      cause,
    });
    this.path = path;
    this.reason = reason;
  }
}

export function isUnwritable(error: unknown): error is Unwritable {
  return error instanceof Unwritable;
}

/** That a file or folder cannot be written, and why. */
export function unwritable(path: string, cause: unknown): Unwritable {
  const { code = '', message = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  return new Unwritable(path, reasons[code] ?? message, cause);
}
