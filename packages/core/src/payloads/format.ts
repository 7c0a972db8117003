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
  '.tsv': 'csv',
};

/**
 * Content types of the files that models are fed with; IANA's names where there is one, that of protobuf by RFC 9996. A file whose
 * content has no name of its own is bytes.
 */
const contentTypes: Readonly<Record<string, string>> = {
  '.aac': 'audio/aac',
  '.arrow': 'application/vnd.apache.arrow.file',
  '.avi': 'video/x-msvideo',
  '.avif': 'image/avif',
  '.avro': 'application/octet-stream',
  '.bin': 'application/octet-stream',
  '.bmp': 'image/bmp',
  '.cbor': 'application/cbor',
  '.csv': 'text/csv',
  '.dcm': 'application/dicom',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.feather': 'application/vnd.apache.arrow.file',
  '.flac': 'audio/flac',
  '.gif': 'image/gif',
  '.glb': 'model/gltf-binary',
  '.gz': 'application/gzip',
  '.h5': 'application/octet-stream',
  '.hdf5': 'application/octet-stream',
  '.heic': 'image/heic',
  '.heif': 'image/heif',
  '.html': 'text/html',
  '.jp2': 'image/jp2',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.jsonl': 'application/jsonlines',
  '.m4a': 'audio/mp4',
  '.mkv': 'video/matroska',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.mpeg': 'video/mpeg',
  '.msgpack': 'application/vnd.msgpack',
  '.npy': 'application/x-npy',
  '.npz': 'application/x-npz',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.orc': 'application/octet-stream',
  '.parquet': 'application/vnd.apache.parquet',
  '.pb': 'application/protobuf',
  '.pdf': 'application/pdf',
  '.pickle': 'application/octet-stream',
  '.pkl': 'application/octet-stream',
  '.png': 'image/png',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.protobuf': 'application/protobuf',
  '.pt': 'application/octet-stream',
  '.recordio': 'application/x-recordio-protobuf',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.tar': 'application/x-tar',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.tsv': 'text/tab-separated-values',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

/** Of a compressed file the one before `.gz`. */
const endingOf = (path: string) =>
  extname(path.replace(/(?<=\.(?:json|jsonl|ndjson|csv|tsv))\.gz$/i, '')).toLowerCase();

/** Whether the cells of a file are separated by tabs, by its ending. */
export const isTabSeparated = (path: string) => endingOf(path) === '.tsv';

/** What a header can carry, without the blanks at its ends that HTTP leaves out. */
export const contentTypePattern = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

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
