import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTest } from '@loadwright/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chalice } from '../src/chalice/index.js';
import { databricks } from '../src/databricks/index.js';
import { sagemaker } from '../src/sagemaker/index.js';

const baseDirectory = mkdtempSync(join(tmpdir(), 'loadwright-limits-'));
const mebibyte = 1024 * 1024;
beforeAll(() => {
  const body = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
  for (const [name, bytes] of [
    ['async', 128_001],
    ['six', 6 * mebibyte + 1],
    ['ten', 10 * mebibyte + 1],
    // As long as the service takes, before anything is added.
    ['just four', 4 * mebibyte],
    ['just ten', 10 * mebibyte],
    ['just sixteen', 16 * mebibyte],
    ['sixteen', 16 * mebibyte + 1],
  ] as const) {
    writeFileSync(join(baseDirectory, `${name}.jsonl`), `"short"\n${body(bytes)}\n`);
  }
});
beforeAll(() => {
  const name = (text: string) => join(baseDirectory, text);
  const instances = JSON.stringify({ instances: ['x'.repeat(16 * mebibyte - 18)] });
  expect(instances.length).toBe(16 * mebibyte);
  writeFileSync(name('complete.jsonl'), `${instances}\n`);
  writeFileSync(name('columns.jsonl'), `${JSON.stringify({ id: 1, more: 'x'.repeat(10 * mebibyte) })}\n`);
});
afterAll(() => rmSync(baseDirectory, { recursive: true }));

const endpoint = { endpointName: 'fraud', region: 'eu-west-1' };
const gateway = { baseUrl: 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/api' };
const workspace = { baseUrl: 'https://dbc-a1b2c3d4-e5f6.cloud.databricks.com', endpointName: 'houses' };
/** Of a form, all but the payload: as rest_route.py writes it, without the ending of the file's name. */
const boundary = `loadwright-${'0'.repeat(32)}`;
const form = [
  `--${boundary}`,
  'Content-Disposition: form-data; name="id"',
  '',
  '00000000-0000-0000-0000-000000000000',
  `--${boundary}`,
  'Content-Disposition: form-data; name="text"; filename="payload-1"',
  'Content-Type: application/json',
  '',
  '',
  `--${boundary}--`,
  '',
].join('\r\n');

const bundleOf = (target: ReturnType<typeof sagemaker>) =>
  createLoadTest({
    ...{ target, workers: 1, baseDirectory, environment: {} },
    load: { users: 1, duration: '10s' },
  }).bundle({ directory: mkdtempSync(join(baseDirectory, 'bundle-')) });

describe('a payload that is longer than its service takes is refused before a load', () => {
  it.each([
    ['SageMaker', sagemaker({ ...endpoint, payloads: 'six.jsonl' }), 'payload 2, with 6,291,457 bytes'],
    ['serverless', sagemaker({ ...endpoint, payloads: 'async.jsonl', maxBodyBytes: 100_000 }), '128,001'],
    ['async', sagemaker({ ...endpoint, payloads: 'async.jsonl', async: {} }), 'InvokeEndpointAsync takes'],
    ['API Gateway', chalice({ ...gateway, payloads: 'ten.jsonl' }), 'payload 2, with 10,485,761 bytes'],
    [
      'Databricks',
      databricks({ ...workspace, payloads: 'sixteen.jsonl', format: 'raw' }),
      'payload 2, with 16,777,217 bytes',
    ],
    [
      'Databricks, a list around it',
      databricks({ ...workspace, payloads: 'just sixteen.jsonl' }),
      'the bodies of 1 of 2 payloads are longer than 16,777,216 bytes, which is the longest body that the endpoint takes (maxBodyBytes). The longest is that of payload 2, with 16,777,240 bytes',
    ],
    [
      'a foundation model of Databricks',
      databricks({
        ...workspace,
        endpointName: 'databricks-gte',
        payloads: 'just four.jsonl',
        format: 'inputs',
      }),
      'that of payload 2, with 4,194,315 bytes',
    ],
    [
      'another foundation model',
      databricks({ ...workspace, maxBodyBytes: 4 * mebibyte, payloads: 'just four.jsonl' }),
      'that of payload 2, with 4,194,328 bytes',
    ],
    [
      'API Gateway, a form around it',
      chalice({
        ...gateway,
        multipart: { file: 'text', fields: { id: { $uuid: true } } },
        payloads: 'just ten.jsonl',
      }),
      `that of payload 2, with ${(10 * mebibyte + form.length).toLocaleString('en')} bytes`,
    ],
    [
      'API Gateway, another file of a form',
      chalice({ ...gateway, multipart: { files: [{ name: 'text', payloads: 'ten.jsonl' }] } }),
      'that of payload 2, with 10,4',
    ],
    [
      'API Gateway, values of two columns in one body',
      chalice({
        ...gateway,
        body: { image: { $column: 'a' }, text: { $column: 'a' }, at: { $timestamp: 'seconds' } },
        payloads: { inline: [{ a: 'é'.repeat(2.7e6) }] },
      }),
      `that of payload 1, with ${(4 * 2.7e6 + '{"image":"","text":"","at":1780000000}'.length).toLocaleString('en')} bytes`,
    ],
    [
      'API Gateway, a generated text in one body',
      chalice({
        ...gateway,
        body: { image: { $column: 'a' }, text: { $text: [2, 3] } },
        payloads: { inline: [{ a: 'é'.repeat(5_242_868) }] },
      }),
      // Without the text it would be two bytes shorter than the limit.
      'that of payload 1, with 10,485,7',
    ],
    [
      'what the endpoint takes, without the name of a model',
      sagemaker({
        ...endpoint,
        targetModelFrom: '/a~1b',
        maxBodyBytes: 10,
        payloads: { inline: [{ 'a/b': 'a.tar.gz', x: 12345 }] },
      }),
      'that of payload 1, with 11 bytes',
    ],
  ])('%s', async (_, target, message) => {
    await expect(bundleOf(target)).rejects.toThrow(message);
  });

  it.each([
    [
      'what the endpoint takes',
      sagemaker({ ...endpoint, payloads: 'six.jsonl', maxBodyBytes: 7 * mebibyte }),
    ],
    [
      'what the endpoint takes, with what is added',
      databricks({ ...workspace, payloads: 'just sixteen.jsonl', maxBodyBytes: 16 * mebibyte + 24 }),
    ],
    [
      'the name of a model, which is taken out',
      sagemaker({
        ...endpoint,
        targetModelFrom: '/for/model',
        maxBodyBytes: '{"for":{},"x":1e-7}'.length,
        payloads: { inline: [{ for: { model: 'a.tar.gz' }, x: 1e-7 }] },
      }),
    ],
    ['a body that is complete', databricks({ ...workspace, payloads: 'complete.jsonl' })],
    [
      'columns of which short bodies are made',
      chalice({ ...gateway, body: { id: { $column: 'id' } }, payloads: 'columns.jsonl' }),
    ],
    [
      'a service that is not API Gateway',
      chalice({ baseUrl: 'http://127.0.0.1:8000', payloads: 'ten.jsonl' }),
    ],
  ])('but not %s', async (_, target) => {
    expect((await bundleOf(target)).files.length).toBeGreaterThan(0);
  });
});
