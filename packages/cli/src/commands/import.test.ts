import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, TestIo } from '../../test/support.js';

const secret = 'not-a-real-secret-1234';

async function imported(kind: string, content: string, ...more: string[]) {
  const io = new TestIo();
  await writeFile(join(io.cwd, 'source'), content);
  const result = await run(['import', kind, 'source', ...more], io);
  const files = await readdir(io.cwd);
  const read = (name: string) => readFile(join(io.cwd, name), 'utf8');
  const text = files.includes('loadwright.config.yaml') ? await read('loadwright.config.yaml') : '';
  return { ...result, io, read, text, files, target: (parse(text) as { target: Target } | null)?.target };
}

interface Target {
  readonly [name: string]: unknown;
  readonly routes: readonly Record<string, unknown>[];
}

const chrome = String.raw`curl 'https://api.example/v1/items/42?page=1&page=2' \
  -H 'accept: application/json' \
  -H 'accept-language: en-GB,en;q=0.9' \
  -H 'authorization: Bearer ${secret}' \
  -H 'content-type: application/json' \
  -H 'cookie: session=${secret}' \
  -H 'sec-ch-ua-mobile: ?0' \
  -H 'x-client: web' \
  --data-raw $'{"text":"it\'s \u0041","price":1.50,"password":"${secret}"}' \
  --compressed`;

describe('loadwright import curl', () => {
  it('takes a command as a browser copies it, and no secret', async () => {
    const { exitCode, files, read, stderr, stdout, target, text } = await imported('curl', chrome);
    expect(exitCode).toBe(0);
    expect(target).toEqual({
      kind: 'rest',
      baseUrl: 'https://api.example',
      authentication: 'bearer',
      secretHeaders: { cookie: 'API_COOKIE' },
      routes: [
        {
          name: 'POST /v1/items/{id}',
          method: 'POST',
          path: '/v1/items/{id}',
          parameters: { id: '42' },
          query: { page: ['1', '2'] },
          headers: { accept: 'application/json', 'x-client': 'web' },
          body: { text: "it's A", price: 1.5, password: 'REPLACE-ME' },
        },
      ],
    });
    for (const file of files.filter((name) => name !== 'source' && name !== 'state')) {
      expect(await read(file)).not.toContain(secret);
    }
    expect(text + stdout + stderr).not.toContain(secret);
    expect(stdout).toContain('LOADWRIGHT_REST_BEARER_TOKEN, API_COOKIE');
    expect(stderr).toContain('the secret password of the body is not kept');
  });

  it('keeps bodies byte for byte where a configuration would respell them', async () => {
    const body = '{"price": 1.50,\n  "id": 12345678901234567890}';
    const { read, target } = await imported('curl', `curl --json '${body}' https://api.example/buy`);
    expect(target!.routes[0]).toMatchObject({ payloads: './post-buy.jsonl' });
    expect(await read('post-buy.jsonl')).toBe('{"price": 1.50, "id": 12345678901234567890}\n');
  });

  it('takes several commands, forms, a user, and other spellings', async () => {
    const { read, target, text } = await imported(
      'curl',
      `curl -sS -u me:${secret} -XPUT "https://api.example/a b" -d a=1 --data-urlencode 'b=ü &'\n/usr/bin/curl -G https://api.example/search -d q=x -d token=${secret}`,
    );
    expect(target!['secretHeaders']).toEqual({
      Authorization: { variable: 'API_AUTHORIZATION', prefix: 'Basic ' },
    });
    expect(target!.routes).toEqual([
      {
        name: 'PUT /a%20b',
        method: 'PUT',
        path: '/a%20b',
        contentType: 'application/x-www-form-urlencoded',
        payloads: { file: './put-a-20b.body', format: 'binary' },
      },
      { name: 'GET /search', method: 'GET', path: '/search', query: { q: 'x' } },
    ]);
    expect(await read('put-a-20b.body')).toBe('a=1&b=%C3%BC%20%26');
    expect(text).not.toContain(secret);
  });

  it.each([
    ['wget https://api.example', 'begins with "wget"'],
    ["curl 'https://api.example", "a quote ' is not closed"],
    ['curl', 'names no URL'],
    ['curl https://a.example https://b.example', 'names 2 URLs'],
    ['curl --frobnicate https://a.example', 'its option --frobnicate is not known'],
    ['curl -F file=@cat.jpg https://a.example', 'option multipart of rest'],
    ['curl -d @body.json https://a.example', 'names the file body.json'],
    ['curl ftp://a.example', 'is no URL of HTTP'],
    ['curl -H nonsense https://a.example', 'has no colon'],
  ])('refuses %s', async (command, message) => {
    const { exitCode, files, stderr } = await imported('curl', command);
    expect({ exitCode, written: files.includes('loadwright.config.yaml') }).toEqual({
      exitCode: 2,
      written: false,
    });
    expect(stderr.replace(/\s+/g, ' ')).toContain(message);
  });
});

const call = (method: string, url: string, more: object = {}, status = 200) => ({
  request: {
    method,
    url,
    httpVersion: 'h2',
    headers: [{ name: ':authority', value: 'x' }],
    queryString: [],
    ...more,
  },
  response: { status, content: {} },
  _resourceType: 'fetch',
});
const json = (text: string) => ({
  headers: [
    { name: 'content-type', value: 'application/json' },
    { name: 'x-api-key', value: secret },
  ],
  postData: { mimeType: 'application/json', text },
});
const har = (...entries: object[]) => JSON.stringify({ log: { version: '1.2', creator: {}, entries } });

describe('loadwright import har', () => {
  it('makes weighted routes of the calls, and leaves the page out', async () => {
    const { read, stderr, stdout, target, text } = await imported(
      'har',
      har(
        { ...call('GET', 'https://app.example/'), _resourceType: 'document' },
        call('GET', 'https://app.example/main.js'),
        call('OPTIONS', 'https://api.example/orders'),
        call('GET', 'https://api.example/items/1'),
        call('GET', 'https://api.example/items/2'),
        call('GET', 'https://api.example/items/2'),
        call('POST', 'https://api.example/orders', json('{"item":1,"note":"a"}'), 201),
        call('POST', 'https://api.example/orders', json('{"item":2}'), 201),
        call('GET', `https://api.example/me?api_key=${secret}&full=1`),
        call('GET', 'https://metrics.example/beat'),
      ),
    );
    expect(target).toMatchObject({
      baseUrl: 'https://api.example',
      secretHeaders: { 'x-api-key': 'API_X_API_KEY' },
      routes: [
        { name: 'GET /items/{id}', weight: 3, parameters: { id: { $choice: ['1', '2'] } } },
        { name: 'POST /orders', weight: 2, payloads: './post-orders.jsonl', expect: { status: [201] } },
        { name: 'GET /me', query: { full: '1' } },
      ],
    });
    expect(await read('post-orders.jsonl')).toBe('{"item":1,"note":"a"}\n{"item":2}\n');
    expect(stderr).toContain('requests to https://metrics.example are left out');
    expect(stderr).toContain('the secret api_key of the query is left out');
    expect(text + stdout + stderr).not.toContain(secret);
  });

  it.each([
    ['{', 'this is no HTTP archive'],
    ['{"log":{"entries":[{"request":{}}]}}', 'log.entries.0.request.method'],
    [
      har({ ...call('GET', 'https://app.example/'), _resourceType: 'document' }),
      'none of its 1 entries is a call',
    ],
    [
      har(...Array.from({ length: 101 }, (_, n) => call('GET', `https://a.example/p${n}x`))),
      '101 different requests',
    ],
  ])('refuses archive %#', async (text, message) => {
    const { exitCode, stderr } = await imported('har', text);
    expect(exitCode).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain(message);
  });
});

const openapi = `
openapi: 3.0.3
info: { title: Pets, version: '1' }
servers: [{ url: 'https://{region}.pets.example/v1/', variables: { region: { default: eu } } }]
security: [{ key: [] }]
paths:
  /pets/{pet-id}:
    parameters:
      - { name: pet-id, in: path, required: true, schema: { type: integer, minimum: 7 } }
    get:
      operationId: getPet
      security: [{ token: [] }]
      parameters:
        - { name: fields, in: query, required: true, schema: { type: string }, example: name }
        - { name: page, in: query, schema: { type: integer } }
      responses: { '200': { description: ok } }
    delete: { responses: { '204': { description: gone } } }
  /pets:
    post:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses: { '201': { description: made } }
  /photos:
    post:
      requestBody: { content: { image/png: { schema: { type: string, format: binary } } } }
      responses: { '200': { description: ok } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Pet-Key }
    token: { type: http, scheme: bearer }
  schemas:
    Pet:
      type: object
      properties:
        id: { type: integer, readOnly: true }
        name: { type: string, example: Rex }
        kind: { type: string, enum: [dog, cat] }
        friends: { type: array, items: { $ref: '#/components/schemas/Pet' } }
`;

describe('loadwright import openapi', () => {
  it('makes a route of each operation, with its examples', async () => {
    const { exitCode, stderr, stdout, target } = await imported('openapi', openapi);
    expect(exitCode).toBe(0);
    expect(target).toMatchObject({
      baseUrl: 'https://eu.pets.example/v1',
      authentication: 'bearer',
      secretHeaders: { 'X-Pet-Key': 'API_X_PET_KEY' },
      routes: [
        {
          name: 'getPet',
          method: 'GET',
          path: '/pets/{pet_id}',
          parameters: { pet_id: 7 },
          query: { fields: 'name' },
        },
        { name: 'POST /pets', method: 'POST', body: { name: 'Rex', kind: 'dog' }, expect: { status: [201] } },
      ],
    });
    expect(target!.routes).toHaveLength(2);
    expect(stdout).toContain('API_X_PET_KEY');
    expect(stderr).toContain('DELETE /pets/{pet-id} is left out');
    expect(stderr).toContain('POST /photos is left out: its body is image/png');
  });

  it('reads Swagger 2, and JSON', async () => {
    const swagger = {
      swagger: '2.0',
      info: { title: 'a', version: '1' },
      paths: { '/a': { get: { responses: { 200: { description: 'ok' } } } } },
    };
    const without = await imported('openapi', JSON.stringify(swagger));
    expect(without.stderr).toContain('--base-url');
    const { target } = await imported('openapi', JSON.stringify(swagger), '--base-url', 'https://a.example/');
    expect(target).toMatchObject({ baseUrl: 'https://a.example', routes: [{ name: 'GET /a', path: '/a' }] });
  });

  it.each([
    ['a: [', 'this is no valid description'],
    ['hello: world', 'this is no valid description'],
    ['openapi: 3.0.3\ninfo: { title: a, version: "1" }', "must have required property 'paths'"],
  ])('refuses %s', async (text, message) => {
    const { exitCode, stderr } = await imported('openapi', text);
    expect(exitCode).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain(message);
  });
});

it('overwrites no configuration, and says which file it cannot read', async () => {
  const io = new TestIo();
  expect((await run(['import', 'wsdl', 'a.xml'], io)).stderr).toContain('openapi, curl, har');
  expect((await run(['import', 'har', 'none.har'], io)).stderr).toContain('none.har cannot be read (ENOENT)');
  await writeFile(join(io.cwd, 'loadwright.config.yaml'), 'mine: true\n');
  const again = () => run(['import', 'curl', 'curl https://api.example/a'], new TestIo({ cwd: io.cwd }));
  expect((await again()).stderr).toContain('loadwright.config.yaml exists already');
  expect(await readFile(join(io.cwd, 'loadwright.config.yaml'), 'utf8')).toBe('mine: true\n');
});
