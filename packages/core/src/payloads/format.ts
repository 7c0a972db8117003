import { basename, extname } from 'node:path';
import { LoadwrightError } from '../errors.js';
import { alternatives } from '../validation/describe-schema.js';

/** How a payload file is read. */
export type PayloadFormat = 'json' | 'jsonl' | 'csv' | 'lines' | 'binary';

const textFormats: Readonly<Record<string, PayloadFormat>> = {
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
};

/** Content types of the files that models are fed with; IANA's names where there is one. */
const contentTypes: Readonly<Record<string, string>> = {
  '.arrow': 'application/vnd.apache.arrow.file',
  '.avif': 'image/avif',
  '.bin': 'application/octet-stream',
  '.bmp': 'image/bmp',
  '.csv': 'text/csv',
  '.flac': 'audio/flac',
  '.gif': 'image/gif',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.jsonl': 'application/jsonlines',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.npy': 'application/x-npy',
  '.npz': 'application/x-npz',
  '.ogg': 'audio/ogg',
  '.parquet': 'application/vnd.apache.parquet',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.webp': 'image/webp',
  '.xml': 'application/xml',
};

/** Of a compressed file the one before `.gz`. */
const endingOf = (path: string) =>
  extname(path.replace(/(?<=\.(?:json|jsonl|ndjson|csv))\.gz$/i, '')).toLowerCase();

/** The content type of a file by its ending; `application/octet-stream` for an ending that says nothing. */
export function contentTypeOf(path: string): string {
  return contentTypes[endingOf(path)] ?? 'application/octet-stream';
}

/** The format of a file by its ending. Throws `PAYLOADS_INVALID` for an ending that says nothing. */
export function formatOf(path: string): PayloadFormat {
  const ending = endingOf(path);
  const format = textFormats[ending] ?? (ending in contentTypes ? 'binary' : undefined);
  if (format) return format;
  const found = ending === '' ? 'no ending' : `the ending "${ending}"`;
  throw new LoadwrightError(
    'PAYLOADS_INVALID',
    `${path}: found ${found}, expected ${alternatives([...Object.keys(textFormats), 'the ending of a known binary file'])}`,
    {
      hint: `Rename ${basename(path)}, or say how to read it: payloads: { file: "${path}", format: "jsonl" } (json, jsonl, csv, lines or binary).`,
    },
  );
}
