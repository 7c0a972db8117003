import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, TestIo } from '../packages/cli/test/support.js';

const secret = 'canary-of-a-password';
const json = '{"price":1.50,\n "id":12345678901234567890}\n';

/** What comes after `curl`, but for the URL with the query `from`. */
const commands: readonly (readonly string[])[] = [
  ['-d', 'a=1', '--data-urlencode', 'b=ü & (x)!', '-d', 'c=3'],
  ['-d', '@lines.txt'],
  ['-d', 'x=1', '-d', '@lines.txt', '--data-urlencode', 'file@lines.txt'],
  ['--data-binary', '@bytes.bin', '-H', 'Content-Type: application/octet-stream'],
  ['--data-binary', '@lines.txt'],
  ['--data-binary', '@body.json', '-H', 'Content-Type: application/json'],
  ['--json', '@body.json'],
  ['--json', '{"a":', '--json', '[1.0]}'],
  ['--data-raw', '@not-a-file'],
  ['-G', '-d', 'q=a', '--data-urlencode', 'r=ü&s'],
  ['--url-query', 'n=a b&c', '--url-query', '+raw=1', '-H', 'X-Own: yes'],
  ['-u', `me:${secret}`, '-X', 'PUT', '-d', 'a=1'],
  ['-H', `X-Api-Key: ${secret}`],
  ['-F', 'model=v2', '-F', 'note="a; b"', '-F', 'image=@bytes.bin;type=image/png'],
  ['-F', 'text=<lines.txt', '-F', 'file=@body.json;filename=other.json'],
  ['-F', 'image=@bytes.bin;type=image/png', '-F', 'a=1', '-F', 'image=@body.json', '-F', 'mask=@lines.txt'],
  ['--form-string', 'a=@literal', '-F', 'b=ü'],
];

interface Sent {
  readonly method: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const received = new Map<string, Sent>();
const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const { headers, method = '', url = '' } = request;
    const { pathname, search } = new URL(url, 'http://localhost');
    const sent = { method, query: search, headers, body: Buffer.concat(pieces) };
    // A load sends the same again and again.
    if (!received.has(pathname)) received.set(pathname, sent);
    response.end('{}');
  });
});
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'loadwright-curl-'));
  await writeFile(join(cwd, 'lines.txt'), 'one=1\r\ntwo ü\n');
  await writeFile(join(cwd, 'body.json'), json);
  await writeFile(
    join(cwd, 'bytes.bin'),
    Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(cwd, { recursive: true, force: true });
});

/** Parts of a form as an independent reader sees them. */
async function partsOf({ body, headers }: Sent) {
  const type = headers['content-type']!;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === 'string'
        ? [name, value]
        : [name, value.name, value.type, Buffer.from(await value.arrayBuffer()).toString('base64')],
    ),
  );
}

/** What must be the same, though curl and the load write their own User-Agent, boundary and percent-encoding. */
async function essence(sent: Sent) {
  const { authorization, 'x-api-key': key, 'x-own': own, accept, 'content-type': type } = sent.headers;
  const isForm = type?.startsWith('multipart/');
  return {
    method: sent.method,
    query: [...new URLSearchParams(sent.query)],
    headers: { authorization, key, own, accept: accept === '*/*' ? undefined : accept } as Partial<
      Record<string, unknown>
    >,
    type: isForm ? 'multipart/form-data' : type,
    body: isForm ? (await partsOf(sent)).sort() : sent.body.toString('base64'),
  };
}

it('sends what curl sends', { timeout: 200_000 }, async () => {
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const byCurl: Sent[] = [];
  const lines: string[] = [];
  for (const [index, words] of commands.entries()) {
    const all = [...words, `${base}/case${'abcdefghijklmnopqrstuvwxyz'[index]}`];
    await promisify(execFile)('curl', ['-s', ...all], { cwd });
    lines.push(['curl', ...all.map((word) => `'${word}'`)].join(' '));
    byCurl.push([...received.values()].at(-1)!);
  }
  expect(byCurl).toHaveLength(commands.length);
  const asked = [...received.keys()];
  received.clear();
  await writeFile(join(cwd, 'commands.sh'), lines.join('\n'));
  const imported = await run(['import', 'curl', 'commands.sh'], new TestIo({ cwd }));
  expect(imported.exitCode, imported.stderr).toBe(0);
  for (const name of ['API_AUTHORIZATION', 'API_X_API_KEY']) expect(imported.stdout).toContain(name);
  for (const file of (await readdir(cwd)).filter((name) => /\.(ya?ml|body|jsonl)$/.test(name))) {
    expect(await readFile(join(cwd, file), 'utf8')).not.toContain(secret);
  }
  expect(imported.stdout + imported.stderr).not.toContain(secret);
  const environment = {
    API_AUTHORIZATION: Buffer.from(`me:${secret}`).toString('base64'),
    API_X_API_KEY: secret,
  };
  const load = ['--users', '8', '--spawn-rate', '8', '--duration', '4s', '--skip-preflight'];
  const { stderr } = await run(['run', '--json', ...load], new TestIo({ cwd, environment }));
  expect([...received.keys()].sort(), stderr).toEqual(asked.sort());
  for (const [index, sent] of byCurl.entries()) {
    const own = received.get(`/case${'abcdefghijklmnopqrstuvwxyz'[index]}`)!;
    const [one, other] = [await essence(sent), await essence(own)];
    // Secrets belong to all routes of a configuration.
    if (one.headers['authorization'] === undefined) delete other.headers['authorization'];
    if (one.headers['key'] === undefined) delete other.headers['key'];
    expect(other, lines[index]).toEqual(one);
  }
});
