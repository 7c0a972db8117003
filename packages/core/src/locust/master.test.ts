import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { row, seriesUpdate, stamp } from '../../test/statistics-fixture.js';
import { resolveTestLoad } from '../load/resolve.js';
import { LocustMaster } from './master.js';

const login = { username: 'loadwright', password: 'generated-password' };
const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

/** A server that records what it is asked and answers as told. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const seen: { method: string; url: string; body: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', body, headers: request.headers });
      answer(request, response, body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { master: new LocustMaster({ url: `http://127.0.0.1:${port}/`, login }), seen };
}

const json = (response: ServerResponse, value: unknown) => response.end(JSON.stringify(value));
const load = { users: 20, spawnRate: 5, host: 'http://127.0.0.1:1' };

describe('LocustMaster', () => {
  it('starts a load with a form, the login, and no run time', async () => {
    const { master, seen } = await serve((_request, response) =>
      json(response, { success: true, message: 'ok' }),
    );
    await master.swarm(load);
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/swarm' });
    expect(seen[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(seen[0]?.headers.authorization).toBe('Bearer generated-password');
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      user_count: '20',
      spawn_rate: '5',
      host: 'http://127.0.0.1:1',
    });
  });

  it('says whose load it is, and that it may be changed', async () => {
    const { master, seen } = await serve((_request, response) =>
      json(response, { success: true, message: 'ok' }),
    );
    await master.swarm({ ...load, run: 'run-1', interactive: true });
    await master.swarm({ ...load, run: 'run-2', interactive: false });
    const forms = seen.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(forms).toMatchObject([
      { loadwright_run: 'run-1', loadwright_interactive: '1' },
      { loadwright_run: 'run-2' },
    ]);
    expect(forms[1]).not.toHaveProperty('loadwright_interactive');
  });

  it('stops by its own route, in the name of a run, with a grace period', async () => {
    const { master, seen } = await serve((_request, response) =>
      json(response, { success: true, message: 'stopped' }),
    );
    await master.stop({ run: 'run-1', graceSeconds: 5 });
    await master.stop({ by: 'loadwright stop' });
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/loadwright/stop', 'run=run-1&grace=5'],
      ['POST', '/loadwright/stop', 'by=loadwright+stop'],
    ]);
  });

  it.each([
    [409, 'The load is judged by run-2.'],
    [200, '{"success":false,"message":"The load is judged by run-2."}'],
  ])('tells why a load was not stopped: HTTP %i', async (status, answer) => {
    const { master } = await serve((_request, response) => void response.writeHead(status).end(answer));
    await expect(master.stop({ run: 'run-1' })).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: 'The load could not be stopped: The load is judged by run-2.',
    });
  });

  it('waits for no answer longer than it is told to', async () => {
    const { master, seen } = await serve(() => {});
    const limit = { timeoutMilliseconds: 50.25, retries: 0 };
    await expect(master.statistics(limit)).rejects.toMatchObject({ code: 'MASTER_LOST', retryable: true });
    await expect(master.series(0, limit)).rejects.toMatchObject({ code: 'MASTER_LOST' });
    // A busy machine may not even send one in that time.
    expect(seen.length).toBeLessThanOrEqual(2);
  });

  it('takes an answer that breaks off for no answer', async () => {
    const { master } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"version":2,');
      response.socket?.destroySoon();
    });
    await expect(master.statistics({ retries: 0 })).rejects.toMatchObject({ code: 'MASTER_LOST' });
  });

  it('asks for what is new in the series', async () => {
    const update = seriesUpdate({ rows: [row(3, [5])], samples: [stamp(4)] });
    const { master, seen } = await serve((_request, response) => json(response, update));
    expect(await master.series()).toEqual(update);
    await master.series(7);
    expect(seen.map(({ url }) => url)).toEqual(['/loadwright/series?after=0', '/loadwright/series?after=7']);
  });

  it('reads a refusal that comes with HTTP 200', async () => {
    const { master } = await serve((_request, response) =>
      json(response, { success: false, message: 'No users' }),
    );
    await expect(master.swarm(load)).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: expect.stringContaining('No users'),
    });
  });

  it('sends a load of its own along, and tells why it is refused', async () => {
    const { master, seen } = await serve((_request, response) => {
      response.writeHead(400).end('loadwright_load: users: found 0, expected more');
    });
    const own = resolveTestLoad({ arrivalRate: '50/s', duration: '3s' }, 2);
    await expect(master.swarm({ load: own })).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: 'Locust did not start the load: loadwright_load: users: found 0, expected more.',
      hint: undefined,
    });
    const form = Object.fromEntries(new URLSearchParams(seen[0]?.body));
    expect(form).toEqual({ user_count: '2', spawn_rate: '2', loadwright_load: JSON.stringify(own) });
    expect(JSON.parse(form['loadwright_load']!)).not.toHaveProperty('payloadOrder');
  });

  it('reads the logs, and refuses what is none', async () => {
    const answers: unknown[] = [{ master: ['a'], workers: { w1: ['b', 'c'] } }, { master: 'a' }];
    const { master } = await serve((_request, response) => json(response, answers.shift()));
    expect(await master.logs()).toEqual({ master: ['a'], workers: { w1: ['b', 'c'] } });
    await expect(master.logs()).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: expect.stringContaining('not understood'),
    });
  });

  it.each([
    [404, '<h1>Not Found</h1>', 'HTTP 404'],
    [200, '<h1>Welcome</h1>', 'they are no JSON'],
  ])('does not take a page with HTTP %i for an answer', async (status, page, says) => {
    const { master } = await serve((_request, response) => void response.writeHead(status).end(page));
    for (const ask of [() => master.logs(), () => master.statistics()]) {
      await expect(ask()).rejects.toMatchObject({
        code: 'MASTER_PROTOCOL',
        message: expect.stringContaining(says),
      });
    }
  });

  it('takes neither a page nor half an answer for the start of a load', async () => {
    const answers = [
      (response: ServerResponse) => void response.end('<h1>Welcome</h1>'),
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"success": tr');
        setImmediate(() => response.destroy());
      },
    ];
    const { master } = await serve((_request, response) => answers.shift()!(response));
    await expect(master.swarm(load)).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: 'Locust did not start the load: its answer is not understood.',
    });
    await expect(master.swarm(load)).rejects.toMatchObject({ code: 'MASTER_LOST' });
  });

  it('does not take a redirect to the login page for an answer', async () => {
    const { master } = await serve((_request, response) => {
      response.writeHead(302, { location: '/login' }).end();
    });
    await expect(master.statistics()).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: expect.stringContaining('refused the login'),
    });
  });

  it('asks again after a server error, and gives up on an answer it does not understand', async () => {
    let asked = 0;
    const { master } = await serve((_request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(500).end();
      else json(response, { version: 3 });
    });
    await expect(master.statistics()).rejects.toMatchObject({
      code: 'MASTER_PROTOCOL',
      message: expect.stringContaining('not understood'),
    });
    expect(asked).toBe(2);
  });

  it('says that the master is lost when nobody answers', async () => {
    const { master, seen } = await serve((request) => void request.socket.destroy());
    await expect(master.statistics()).rejects.toMatchObject({ code: 'MASTER_LOST', retryable: true });
    expect(seen.length).toBeGreaterThan(1);
  });

  it('ends at once when the caller aborts', async () => {
    const { master } = await serve(() => {});
    const controller = new AbortController();
    const waiting = master.statistics({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('saves a file with secrets and formulas removed, also where a chunk ends inside one', async () => {
    const { master } = await serve((request, response) => {
      if (request.url === '/missing') return void response.writeHead(404).end();
      response.write('name,error\n=1+1,"token, hush-hu');
      setImmediate(() => response.end('sh é refused\u001b[2J"'));
    });
    const destination = join(await mkdtemp(join(tmpdir(), 'loadwright-')), 'failures.csv');
    const redact = (text: string) => text.replaceAll('hush-hush', '[redacted]');
    expect(await master.download('/failures', destination, redact)).toBe(true);
    expect(await readFile(destination, 'utf8')).toBe(
      'name,error\n\'=1+1,"token, [redacted] é refused\\u001b[2J"\n',
    );
    expect(await master.download('/missing', destination, redact)).toBe(false);
  });

  it('lets go of a file that it cannot save, so that nothing of it fails later', async () => {
    let isGone: Promise<unknown> | undefined;
    const { master } = await serve((_request, response) => {
      isGone = once(response, 'close');
      response.writeHead(200).write('a beginning');
    });
    const errors: unknown[] = [];
    const hear = (error: unknown) => void errors.push(error);
    process.on('uncaughtException', hear);
    onTestFinished(() => void process.off('uncaughtException', hear));
    const limit = new AbortController();
    const destination = join(tmpdir(), 'a folder that is not there', 'failures.csv');
    const { signal } = limit;
    const saved = master.download('/failures', destination, (text) => text, { signal });
    await expect(saved).rejects.toThrow(/not there/);
    await isGone;
    limit.abort(new Error('the time is over'));
    await new Promise(setImmediate);
    expect(errors).toEqual([]);
  });
});
