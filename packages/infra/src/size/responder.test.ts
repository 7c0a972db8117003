import { createServer, Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startResponder, type Responder } from './responder.js';

let asked: string[];
let server: ReturnType<typeof createServer>;
let responder: Responder;
let agent: Agent;

beforeEach(async () => {
  asked = [];
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server = createServer(async (incoming, response) => {
    const body = await text(incoming);
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers['x-signature']} ${body.length}`);
    const status = incoming.url === '/refused' ? 403 : 200;
    response.writeHead(status, { 'x-model': 'fraud' }).end(`answer ${asked.length}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  responder = await startResponder(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  agent.destroy();
  await responder.close();
  server.closeAllConnections();
  server.close();
});

const send = (path: string, body = 'x'.repeat(100_000)) =>
  new Promise<{ status: number; model: unknown; content: string }>((resolve, reject) => {
    const headers = { 'x-signature': 'as sent', 'content-length': body.length };
    request(responder.url + path, { method: 'POST', headers, agent }, async (answer) => {
      const content = await text(answer);
      resolve({ status: answer.statusCode ?? 0, model: answer.headers['x-model'], content });
    })
      .on('error', reject)
      .end(body);
  });

it('asks for each path once, with headers and body as they are, and repeats the answer', async () => {
  for (const path of ['/invoke?one=1', '/invoke?two=2', '/invoke', '/other']) {
    expect(await send(path)).toEqual({
      status: 200,
      model: 'fraud',
      content: path === '/other' ? 'answer 2' : 'answer 1',
    });
  }
  expect(asked).toEqual(['POST /invoke?one=1 as sent 100000', 'POST /other as sent 100000']);
  const { requests, refused, sent, received } = responder.counts();
  expect({ requests, refused }).toEqual({ requests: 4, refused: 0 });
  expect(sent).toBeGreaterThan(400_000);
  expect(received).toBeGreaterThan(4 * 'answer 1'.length);
});

it('counts refusals, and does not repeat them', async () => {
  await send('/refused');
  expect((await send('/refused')).status).toBe(403);
  expect(responder.counts()).toMatchObject({ requests: 2, refused: 2 });
  expect(asked).toHaveLength(2);
});
