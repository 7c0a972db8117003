import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imported } from '../../../test/imported.js';
import { run, TestIo } from '../../../test/support.js';

const secret = 'not-a-real-secret-1234';

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

  it('takes a header once, however it is spelled', async () => {
    const commands = [
      `curl -H 'X-A: 1' -H 'x-a:  2 ' -H 'X-Session: Token ${secret}' https://a.example/one`,
      `curl -H 'x-session: plain' -H 'X-B: 3' https://a.example/two`,
    ];
    const { exitCode, stderr, target } = await imported('curl', commands.join('\n'));
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('not imported')]);
    expect(target!['secretHeaders']).toEqual({
      'X-Session': { variable: 'API_X_SESSION', prefix: 'Token ' },
    });
    expect(target!.routes.map(({ headers }) => headers)).toEqual([{ 'X-A': '2' }, { 'X-B': '3' }]);
  });

  it('keeps the first of several kinds of Authorization, and says so', async () => {
    const commands = [`-u me:${secret}`, `--oauth2-bearer ${secret}`].map(
      (one) => `curl ${one} https://a.example`,
    );
    for (const [text, kept] of [
      [commands.join('\n'), 'secretHeaders'],
      [commands.toReversed().join('\n'), 'authentication'],
    ] as const) {
      const { stderr, target } = await imported('curl', text);
      expect(Object.keys(target!)).toEqual(['kind', 'baseUrl', kept, 'routes']);
      expect(stderr).toContain('different kinds of Authorization');
    }
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
        payloads: {
          file: './put-a-20b.body',
          format: 'binary',
          contentType: 'application/x-www-form-urlencoded',
        },
      },
      { name: 'GET /search', method: 'GET', path: '/search', query: { q: 'x' } },
    ]);
    expect(await read('put-a-20b.body')).toBe('a=1&b=%C3%BC+%26');
    expect(text).not.toContain(secret);
  });

  it.each([
    ['wget https://api.example', 'begins with "wget"'],
    ["curl 'https://api.example", "a quote ' is not closed"],
    ['curl', 'names no URL'],
    ['curl https://a.example https://b.example', 'names 2 URLs'],
    ['curl --frobnicate https://a.example', 'its option --frobnicate is not known'],
    [
      'curl -F file=@cat.jpg https://a.example',
      'names the file cat.jpg, which cannot be read: there is no such file',
    ],
    ['curl -F a=1 -F a=2 https://a.example', 'has the field a twice'],
    ['curl -F a https://a.example', 'its form "a" has no name'],
    ['curl -F a=1 -d b=2 https://a.example', 'sends both data and a form'],
    ['curl -d @body.json https://a.example', 'names the file body.json'],
    ['curl --data-binary @- https://a.example', 'reads standard input'],
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
  it('makes a form of the fields of an upload', async () => {
    const params = [
      { name: 'model', value: 'v2' },
      { name: 'password', value: secret },
      { name: 'image', fileName: 'cat.jpg', contentType: 'image/jpeg' },
    ];
    const upload = call('POST', 'https://api.example/up', {
      postData: { mimeType: 'multipart/form-data; boundary=x', params },
    });
    const { stderr, target, text } = await imported('har', har(upload));
    expect(target!.routes).toEqual([
      {
        name: 'POST /up',
        method: 'POST',
        path: '/up',
        multipart: { file: 'image', filename: 'cat.jpg', fields: { model: 'v2' } },
        payloads: { file: './cat.jpg', format: 'binary', contentType: 'image/jpeg' },
      },
    ]);
    expect(stderr).toContain('the secret password of the form is left out');
    expect(stderr).toContain('it must be there when the load is made');
    expect(text + stderr).not.toContain(secret);
  });

  it('makes several files of one form', async () => {
    const params = [
      { name: 'image', fileName: 'cat.jpg', contentType: 'image/jpeg' },
      { name: 'model', value: 'v2' },
      { name: 'image', fileName: 'dog.jpg', contentType: 'image/jpeg' },
      { name: 'mask', fileName: 'mask.png' },
    ];
    const postData = { mimeType: 'multipart/form-data; boundary=x', params };
    const { target } = await imported('har', har(call('POST', 'https://api.example/up', { postData })));
    const jpeg = { format: 'binary', contentType: 'image/jpeg' };
    expect(target!.routes[0]).toMatchObject({
      multipart: {
        ...{ file: 'image', filename: 'cat.jpg', fields: { model: 'v2' } },
        files: [
          { name: 'image', filename: 'dog.jpg', payloads: { file: './dog.jpg', ...jpeg } },
          { name: 'mask', filename: 'mask.png', payloads: { file: './mask.png', format: 'binary' } },
        ],
      },
      payloads: { file: './cat.jpg', ...jpeg },
    });
  });

  it('keeps nothing of a request that is left out', async () => {
    const two = ['1', '2'].map((value) => ({ name: 'a', value }));
    const { exitCode, stderr, target } = await imported(
      'har',
      har(
        call('POST', 'https://api.example/up', {
          headers: [{ name: 'x-api-key', value: secret }],
          postData: { mimeType: 'multipart/form-data', params: two },
        }),
        call('GET', 'https://api.example/ok'),
      ),
    );
    expect(exitCode).toBe(0);
    expect(target).toEqual({
      kind: 'rest',
      baseUrl: 'https://api.example',
      routes: [{ name: 'GET /ok', method: 'GET', path: '/ok' }],
    });
    expect(stderr).toContain('POST /up is left out: its form has the field a twice');
  });

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

it('overwrites no configuration, and says which file it cannot read', async () => {
  const io = new TestIo();
  expect((await run(['import', 'wsdl', 'a.xml'], io)).stderr).toContain('openapi, curl, har');
  for (const [source, says] of [
    ['none.har', 'none.har cannot be read: there is no such file'],
    ['.', '. cannot be read: found a folder, expected a file'],
    ['', '"" cannot be read: found an empty name, expected the name of a file'],
  ] as const) {
    expect((await run(['import', 'har', source], io)).stderr).toContain(says);
  }
  const wget = await run(['import', 'curl', 'wget https://api.example/a'], io);
  expect(wget).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Give a curl command') as string,
  });
  await writeFile(join(io.cwd, 'loadwright.config.yaml'), 'mine: true\n');
  const again = () => run(['import', 'curl', 'curl https://api.example/a'], new TestIo({ cwd: io.cwd }));
  expect((await again()).stderr).toContain('loadwright.config.yaml exists already');
  expect(await readFile(join(io.cwd, 'loadwright.config.yaml'), 'utf8')).toBe('mine: true\n');
});
