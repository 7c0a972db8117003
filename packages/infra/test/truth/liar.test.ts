import { connect } from 'node:net';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Liar } from './liar.js';

let liar: Liar;
beforeAll(async () => {
  liar = await Liar.start();
});
afterAll(() => liar.stop());

const asked = (url: string, milliseconds = 300) =>
  fetch(url, { signal: AbortSignal.timeout(milliseconds) }).then(
    (response) => response.status,
    (error: Error) => error.name,
  );

it('does what its rules say to the requests that they name, and keeps books', async () => {
  const port = await liar.open({
    rules: [
      { every: 3, do: 'hang' },
      { every: 2, do: 'answer', status: 403 },
    ],
  });
  const outcomes = [];
  for (let number = 0; number < 6; number += 1) outcomes.push(await asked(port.url));
  expect(outcomes).toEqual([200, 403, 'TimeoutError', 403, 200, 'TimeoutError']);
  const books = await port.close();
  expect(books).toMatchObject({ received: 6, answered: 4, hung: 2, broken: 0, byRule: [2, 2] });
  expect(books.log.map(({ at }) => at)).toEqual(books.log.map(({ at }) => at).sort((a, b) => a - b));
});

it('counts what was sent to a connection that it had accepted and left alone', async () => {
  const port = await liar.open({ silentFrom: 0 });
  const socket = connect(Number(new URL(port.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const finished = once(socket, 'finish');
  socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const other = connect(Number(new URL(port.url).port), '127.0.0.1');
  await once(other, 'connect');
  other.destroy();
  await finished;
  socket.destroy();
  // A connection that stands for its client is accepted in the server's next turn: by then it has answered this.
  await (await liar.open({})).close();
  expect(await port.close()).toMatchObject({ connections: 2, received: 1, answered: 0 });
});

it('breaks connections, compresses, and begins anew', async () => {
  const port = await liar.open({ rules: [{ every: 2, do: 'reset', delay: 20 }], ignoreFirst: 1 });
  expect(await asked(port.url)).toBe(200);
  expect([await asked(port.url), await asked(port.url)]).toEqual([200, 'TypeError']);
  expect(await port.books()).toMatchObject({ received: 2, answered: 1, broken: 1 });
  await port.become({ rules: [{ do: 'answer', gzip: true }] });
  const socket = connect(Number(new URL(port.url).port), '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  await once(socket, 'end');
  const answer = Buffer.concat(parts);
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
  expect(JSON.parse(gunzipSync(body).toString())).toMatchObject({ ok: true });
  expect(await port.close()).toMatchObject({ received: 1, answered: 1 });
});

it('refuses connections from a moment on, and no longer once it begins anew', async () => {
  const port = await liar.open({ refusesFrom: 0 });
  expect(await asked(port.url)).toBe(200);
  const alone = { connection: 'close' };
  const other = () =>
    fetch(port.url, { headers: alone }).then(
      ({ status }) => status,
      () => 'refused',
    );
  await expect.poll(other).toBe('refused');
  await port.become({});
  expect(await other()).toBe(200);
  await port.close();
});
