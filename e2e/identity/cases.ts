import type { Target } from '@loadwright/core';
import { chalice } from '@loadwright/targets/chalice';
import { databricks } from '@loadwright/targets/databricks';
import { dht } from '@loadwright/targets/dht';
import { rest } from '@loadwright/targets/rest';
import { sagemaker } from '@loadwright/targets/sagemaker';

/** Payload files, by name. */
export const files: Readonly<Record<string, string | Uint8Array>> = {
  'numbers.jsonl': '{"user_id": 9007199254740993, "x": 2.0, "y": 1e-7, "z": -0}\n{"user_id": 2, "x": 3.0}\n',
  'list.json': '[ {"a": 1.10, "ü": "\\u00e4 \\ud83d\\ude00"},\n {"a": 2} ]\n',
  'document.json': '[[0.50],\n [1E5]]\n',
  'rows.csv': 'id,text,x\n9007199254740993,"a, ""b""",2.0\n2,c,3\n',
  'urls.txt': 'https://origin.example/?a=1&b=ü 2#c\nhttps://origin.example/2\n',
  'urls.csv': 'time,url\n1,https://origin.example/1\n2,https://origin.example/2\n',
  'image.jpg': Uint8Array.from([255, 216, 0, 13, 10, 128]),
  'body.json':
    '{"dataframe_split": {"columns": ["a"], "data": [[9007199254740993, 1.0]]}, "params": {"t": 0.0}}',
};

const sagemakerOf = (options: object): Target =>
  sagemaker({
    endpointName: 'fraud',
    region: 'eu-west-1',
    payloads: 'numbers.jsonl',
    credentials: { accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret' },
    ...options,
  });
const databricksOf = (options: object): Target =>
  databricks({
    baseUrl: 'http://127.0.0.1',
    endpointName: 'prices',
    payloads: 'numbers.jsonl',
    token: 'dapi-canary',
    // Workers would ask the workspace first where the endpoint is.
    route: 'workspace',
    ...options,
  });
const chaliceOf = (options: object): Target => chalice({ baseUrl: 'http://127.0.0.1/api', ...options });
const restOf = (options: object): Target => rest({ baseUrl: 'http://127.0.0.1/v1', ...options });
const dhtOf = (options: object): Target =>
  dht({
    baseUrl: 'http://127.0.0.1',
    protocol: 'koorde',
    urls: { template: 'https://origin.example/item/{i}?a=ü', count: 50 },
    ...options,
  });

/** A target, with the service at another address: what followed the host stays. */
export function at(target: Target, url: string): Target {
  const options = target.options as { readonly baseUrl?: string };
  const path = options.baseUrl === undefined ? '/' : new URL(options.baseUrl).pathname;
  return { ...target, options: { ...options, baseUrl: url + (path === '/' ? '' : path) } };
}

/** Combinations of payloads and options of all targets. */
export const cases: readonly (readonly [name: string, target: Target])[] = [
  ['sagemaker: numbers of a file', sagemakerOf({})],
  ['sagemaker: a list', sagemakerOf({ payloads: 'list.json' })],
  ['sagemaker: a document', sagemakerOf({ payloads: { file: 'document.json', jsonAs: 'document' } })],
  ['sagemaker: CSV as text', sagemakerOf({ payloads: 'rows.csv', accept: 'text/csv' })],
  ['sagemaker: CSV as JSON', sagemakerOf({ payloads: { file: 'rows.csv', csvAs: 'json' } })],
  ['sagemaker: bytes', sagemakerOf({ payloads: 'image.jpg' })],
  ['sagemaker: inline bigint', sagemakerOf({ payloads: { inline: [{ id: 9007199254740993n }] } })],
  ['sagemaker: a content type', sagemakerOf({ contentType: 'application/x-own' })],
  ['sagemaker: of the payload', sagemakerOf({ payloads: { file: 'numbers.jsonl', contentType: 'a/b' } })],
  ['sagemaker: a model and a variant', sagemakerOf({ targetModel: 'm.tar.gz', targetVariant: 'v' })],
  ['sagemaker: a component', sagemakerOf({ inferenceComponent: 'c', customAttributes: 'a=1  b' })],
  [
    'sagemaker: a session',
    sagemakerOf({
      credentials: { accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret', sessionToken: 'canary' },
    }),
  ],

  ['databricks: records', databricksOf({})],
  ['databricks: split', databricksOf({ format: 'dataframe_split' })],
  ['databricks: instances', databricksOf({ format: 'instances' })],
  ['databricks: inputs', databricksOf({ format: 'inputs' })],
  ['databricks: raw', databricksOf({ format: 'raw' })],
  ['databricks: a list of rows', databricksOf({ payloads: { file: 'list.json', jsonAs: 'document' } })],
  [
    'databricks: a list of rows, split',
    databricksOf({ payloads: { file: 'list.json', jsonAs: 'document' }, format: 'dataframe_split' }),
  ],
  ['databricks: a whole body', databricksOf({ payloads: 'body.json' })],
  ['databricks: CSV as JSON', databricksOf({ payloads: { file: 'rows.csv', csvAs: 'json' } })],
  ['databricks: CSV as text', databricksOf({ payloads: 'rows.csv', format: 'raw' })],
  ['databricks: bytes', databricksOf({ payloads: 'image.jpg', format: 'raw' })],
  ['databricks: a tensor', databricksOf({ payloads: 'document.json', format: 'inputs' })],

  ['chalice: no body', chaliceOf({})],
  ['chalice: GET', chaliceOf({ method: 'GET', route: '/items/7?q=%C3%BC' })],
  ['chalice: PUT', chaliceOf({ method: 'PUT', payloads: 'numbers.jsonl' })],
  ['chalice: PATCH', chaliceOf({ method: 'PATCH', body: { a: 'ü' } })],
  ['chalice: DELETE', chaliceOf({ method: 'DELETE', route: '/' })],
  ['chalice: a generated body', chaliceOf({ body: { a: { $uniform: [0, 1] }, b: { $integer: [1, 6] } } })],
  ['chalice: a choice', chaliceOf({ body: { a: { $choice: ['x', 2n, null] }, b: { $sequence: true } } })],
  ['chalice: big numbers in a body', chaliceOf({ body: { id: 9007199254740993n, list: [1.5] } })],
  ['chalice: compressed answers', chaliceOf({ headers: { 'Accept-Encoding': 'gzip' }, body: {} })],
  ['chalice: an API key', chaliceOf({ apiKey: 'canary-key', body: 1 })],
  ['chalice: a bearer token', chaliceOf({ bearerToken: 'canary-token', contentType: 'text/plain' })],
  ['chalice: bytes', chaliceOf({ payloads: 'image.jpg', headers: { Accept: '*/*' } })],
  [
    'chalice: another order',
    chaliceOf({ payloads: { files: ['image.jpg'], order: 'random', contentType: 'a/b' } }),
  ],

  [
    'rest: values everywhere',
    restOf({
      route: '/items/{id}?fixed=1',
      parameters: { id: { $choice: ['a&b', 'ü ☃'] } },
      query: { q: { $column: 'user_id' }, n: [{ $integer: [1, 9] }, true] },
      headers: { 'X-N': { $normal: [0, 1] } },
      payloads: 'numbers.jsonl',
      method: 'QUERY',
    }),
  ],
  [
    'rest: routes',
    restOf({
      routes: [
        { name: 'a', path: '/a', method: 'GET' },
        {
          name: 'b',
          path: '/b',
          payloads: [{ source: 'numbers.jsonl', weight: 2 }, { source: 'list.json' }],
        },
      ],
    }),
  ],
  [
    'rest: an upload',
    restOf({ payloads: 'image.jpg', multipart: { fields: { a: 'ü', b: { $integer: [1, 9] } } } }),
  ],
  [
    'rest: an upload of several files',
    restOf({ multipart: { files: [{ name: 'a', payloads: 'image.jpg', count: 2 }] } }),
  ],

  ['dht: by popularity', dhtOf({})],
  ['dht: all alike', dhtOf({ choice: 'uniform', protocol: 'chord' })],
  ['dht: a list', dhtOf({ urls: { list: ['https://origin.example/a%20b'] }, path: '/other' })],
  [
    'dht: a trace',
    dhtOf({ urls: { file: 'urls.txt' }, choice: 'trace', reencodes: true, entryNodes: undefined }),
  ],
  ['dht: a column', dhtOf({ urls: { file: 'urls.csv', column: 'url' }, choice: 'trace' })],
  ['dht: a hot set', dhtOf({ choice: 'hot-set', hotSet: { urls: 3, share: 0.9, change: '1h' } })],
  ['dht: below a path', dhtOf({ baseUrl: 'http://127.0.0.1/below/it' })],
];
