import { createReadStream, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LoadwrightError } from '../errors.js';
import { PayloadSurvey } from './survey.js';

/**
 * The longest single payload, in bytes: the services' own limits are below it (SageMaker 6 MB, Databricks 16 MB), and
 * one payload must fit in memory several times over.
 */
export const longestPayload = 32 * 1024 * 1024;

const chunkBytes = 64 * 1024;

/** What a gzip file begins with (RFC 1952), and no text does. */
const gzipMagic = Buffer.of(0x1f, 0x8b);
/** The loop over the stream throws what the pipeline would report. */
const throughIteration = () => undefined;

/** A file of payloads, named in messages as the user named it. */
export class PayloadFile {
  private constructor(
    /** As the user wrote it. */
    readonly name: string,
    readonly path: string,
    readonly bytes: number,
    /** What is found in it. */
    readonly survey: PayloadSurvey,
  ) {}

  /** Throws `PAYLOADS_INVALID` when there is no such file, or nothing in it. */
  static async open(
    name: string,
    baseDirectory: string,
    payloadHint?: (payload: unknown) => string | undefined,
  ): Promise<PayloadFile> {
    const path = resolve(baseDirectory, name);
    const hint = `Paths start from ${baseDirectory}.`;
    let stats: Stats;
    try {
      stats = await stat(path);
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const problem = missing ? 'there is no such file' : `it cannot be read: ${(error as Error).message}`;
      throw new LoadwrightError('PAYLOADS_INVALID', `${name}: ${problem}`, { hint, cause: error });
    }
    if (stats.isDirectory()) {
      throw new LoadwrightError('PAYLOADS_INVALID', `${name}: found a folder, expected a file`, {
        hint: 'Leave the format out: each file of a folder is then sent as it is. Otherwise name one file.',
      });
    }
    if (!stats.isFile())
      throw new LoadwrightError('PAYLOADS_INVALID', `${name}: this is not a regular file`, { hint });
    const file = new PayloadFile(name, path, stats.size, new PayloadSurvey(payloadHint));
    if (stats.size === 0) throw file.error('the file is empty', 'Write at least one payload to it.');
    return file;
  }

  error(problem: string, hint: string, cause?: unknown): LoadwrightError {
    return new LoadwrightError('PAYLOADS_INVALID', `${this.name}: ${problem}`, { hint, cause });
  }

  tooLong(what: string): LoadwrightError {
    return this.error(
      `${what} is longer than ${longestPayload / 1024 / 1024} MiB`,
      'No service takes a payload of that size. For many payloads, write one a line to a .jsonl file.',
    );
  }

  /** The bytes of the file, in chunks; what is compressed with gzip is unpacked. */
  async *read(): AsyncGenerator<Buffer> {
    try {
      const isCompressed = await this.#isCompressed();
      // Read at once: nobody would hear that it cannot be.
      const stream = createReadStream(this.path, { highWaterMark: chunkBytes });
      const bytes = isCompressed ? pipeline(stream, createGunzip(), throughIteration) : stream;
      for await (const chunk of bytes) yield chunk as Buffer;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      if (code.startsWith('Z_')) {
        throw this.error(
          `it is not a whole gzip file: ${(error as Error).message}`,
          'Compress it again.',
          error,
        );
      }
      throw this.error(`it cannot be read: ${(error as Error).message}`, 'Check its permissions.', error);
    }
  }

  async #isCompressed(): Promise<boolean> {
    const file = await open(this.path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer.equals(gzipMagic);
    } finally {
      await file.close();
    }
  }

  /** The text of the file, in chunks, without a byte order mark. */
  async *readText(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const decode = (chunk?: Buffer) => {
      try {
        return decoder.decode(chunk, { stream: chunk !== undefined });
      } catch (error) {
        throw this.error(
          'found bytes that are not UTF-8 text',
          'Save it as UTF-8, or send it as it is with format: "binary".',
          error,
        );
      }
    };
    for await (const chunk of this.read()) yield decode(chunk);
    yield decode();
  }
}
