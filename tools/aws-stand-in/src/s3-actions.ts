import type { RawRequest } from './calls.js';

/** Names of the S3 operations by method and by the first marker of the query; `''` when there is none. */
const ofBucket: Record<string, Record<string, string>> = {
  GET: {
    tagging: 'GetBucketTagging',
    publicAccessBlock: 'GetPublicAccessBlock',
    location: 'GetBucketLocation',
    encryption: 'GetBucketEncryption',
    versions: 'ListObjectVersions',
    '': 'ListObjectsV2',
  },
  PUT: {
    tagging: 'PutBucketTagging',
    publicAccessBlock: 'PutPublicAccessBlock',
    encryption: 'PutBucketEncryption',
    lifecycle: 'PutBucketLifecycleConfiguration',
    policy: 'PutBucketPolicy',
    '': 'CreateBucket',
  },
  POST: { delete: 'DeleteObjects' },
  HEAD: { '': 'HeadBucket' },
  DELETE: { tagging: 'DeleteBucketTagging', policy: 'DeleteBucketPolicy', '': 'DeleteBucket' },
};

const ofObject: Record<string, Record<string, string>> = {
  GET: { '': 'GetObject' },
  PUT: { partNumber: 'UploadPart', '': 'PutObject' },
  POST: { uploads: 'CreateMultipartUpload', uploadId: 'CompleteMultipartUpload' },
  HEAD: { '': 'HeadObject' },
  DELETE: { uploadId: 'AbortMultipartUpload', '': 'DeleteObject' },
};

/** The operation of a request in path style: `/bucket/key?marker`. */
export function s3Action({ method, path }: RawRequest): {
  action: string;
  parameters: Record<string, unknown>;
} {
  const url = new URL(path, 'http://s3');
  const [Bucket = '', ...rest] = decodeURIComponent(url.pathname).slice(1).split('/');
  const Key = rest.join('/');
  const names = (Key ? ofObject : ofBucket)[method] ?? {};
  const marker = Object.keys(names).find((name) => name && url.searchParams.has(name)) ?? '';
  return {
    action: Bucket ? (names[marker] ?? `${method} ${marker}`) : 'ListBuckets',
    parameters: { ...Object.fromEntries(url.searchParams), ...(Bucket && { Bucket }), ...(Key && { Key }) },
  };
}
