import { createHash } from 'node:crypto';
import type { EmulatedRequest, EmulatedResponse } from '@loadwright/core/testing';

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
const keysAPage = 1000;

interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
  readonly at: Date;
}

/** Buckets in memory, every one of which exists: what of S3 asynchronous inference needs, with the bucket in the path. */
export class EmulatedS3 {
  readonly #objects = new Map<string, StoredObject>();
  /** How often each operation was called. */
  readonly calls = { put: 0, get: 0, list: 0, delete: 0 };

  /** Locations of all objects, `s3://bucket/key`. */
  get locations(): string[] {
    return [...this.#objects.keys()].sort();
  }

  read(location: string): Buffer | undefined {
    return this.#objects.get(location)?.body;
  }

  write(location: string, body: Buffer, contentType = 'application/octet-stream'): string {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    this.#objects.set(location, { body, contentType, etag, at: new Date() });
    return etag;
  }

  answer(request: EmulatedRequest): EmulatedResponse {
    const [, bucket = '', encodedKey = ''] = /^\/([^/]+)\/?(.*)$/.exec(request.path) ?? [];
    const location = `s3://${bucket}/${decodeURIComponent(encodedKey)}`;
    const { method, query } = request;
    if (encodedKey === '' && method === 'GET' && query.get('list-type') === '2')
      return this.#list(bucket, query);
    if (encodedKey === '' && method === 'POST' && query.has('delete')) return this.#delete(bucket, request);
    if (encodedKey !== '' && method === 'PUT') return this.#put(location, request);
    if (encodedKey !== '' && method === 'GET') return this.#get(location);
    return error(400, 'NotImplemented', `The emulator does not know ${method} of ${request.rawTarget}.`);
  }

  #put(location: string, { headers, body }: EmulatedRequest): EmulatedResponse {
    this.calls.put += 1;
    const found = this.#objects.get(location);
    const [match, noneMatch] = [headers['if-match'], headers['if-none-match']];
    if ((noneMatch === '*' && found) || (match !== undefined && match !== found?.etag)) {
      return error(
        412,
        'PreconditionFailed',
        'At least one of the pre-conditions you specified did not hold',
      );
    }
    return { status: 200, headers: { ETag: this.write(location, body, headers['content-type']) } };
  }

  #get(location: string): EmulatedResponse {
    this.calls.get += 1;
    const found = this.#objects.get(location);
    if (!found) return error(404, 'NoSuchKey', 'The specified key does not exist.');
    const { body, contentType, etag } = found;
    return { status: 200, headers: { 'content-type': contentType, ETag: etag }, body };
  }

  #list(bucket: string, query: URLSearchParams): EmulatedResponse {
    this.calls.list += 1;
    const start = `s3://${bucket}/${query.get('prefix') ?? ''}`;
    const after = query.get('continuation-token') ?? '';
    const found = [...this.#objects]
      .filter(([location]) => location.startsWith(start) && location > after)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = found.slice(0, keysAPage);
    const isTruncated = found.length > page.length;
    const contents = page.map(
      ([location, { body, etag, at }]) =>
        `<Contents><Key>${escape(location.slice(`s3://${bucket}/`.length))}</Key><LastModified>${at.toISOString()}</LastModified>` +
        `<ETag>${escape(etag)}</ETag><Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    );
    const next = isTruncated
      ? `<NextContinuationToken>${escape(page.at(-1)![0])}</NextContinuationToken>`
      : '';
    return xml(
      `<ListBucketResult xmlns="${namespace}"><Name>${bucket}</Name><Prefix>${escape(query.get('prefix') ?? '')}</Prefix>` +
        `<KeyCount>${page.length}</KeyCount><MaxKeys>${keysAPage}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>` +
        `${next}${contents.join('')}</ListBucketResult>`,
    );
  }

  #delete(bucket: string, { body }: EmulatedRequest): EmulatedResponse {
    this.calls.delete += 1;
    for (const [, key = ''] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) {
      this.#objects.delete(`s3://${bucket}/${unescape(key)}`);
    }
    return xml(`<DeleteResult xmlns="${namespace}"/>`);
  }
}

function xml(body: string, status = 200): EmulatedResponse {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

function error(status: number, code: string, message: string): EmulatedResponse {
  return xml(`<Error><Code>${code}</Code><Message>${escape(message)}</Message></Error>`, status);
}

/** As S3 says that it does not accept a signature. */
export function s3Refusal({
  type,
  message,
}: {
  readonly type: string;
  readonly message: string;
}): EmulatedResponse {
  const code = type === 'ExpiredTokenException' ? 'ExpiredToken' : type.replace(/Exception$/, '');
  return error(403, code, message);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}

function unescape(text: string): string {
  return Object.entries(entities).reduceRight(
    (found, [character, entity]) => found.replaceAll(entity, character),
    text,
  );
}
