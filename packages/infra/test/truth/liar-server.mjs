/**
 * A server that misbehaves as it is told to, and keeps exact books of what reached it. It is a process of its own, so that
 * nothing else takes its time. It prints `control PORT`, and ends when its standard input does.
 *
 * On the port of control: `POST /scenarios` with a scenario opens one more port, which does what the scenario says, and
 * answers `{ port }`. `GET /scenarios/PORT` answers its books; `DELETE` closes the port, after it has read what a silent
 * time left unread, and answers the last books. `PUT` gives the port another scenario, and new books.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';

const correct = '{"ok":true,"predictions":[1.5]}';
const scenarios = new Map();

/** Milliseconds that do not follow the clock on the wall. */
const now = () => performance.now();

/** A share of the requests, chosen by their number alone: the same ones at each run (SplitMix32). */
function isChosen(number, share, seed) {
  let z = (Math.imul(number + 1, 0x9e3779b9) + seed) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32 < share;
}

class Scenario {
  /** @param {import('./liar.js').Scenario} plan */
  constructor(plan) {
    this.held = [];
    this.begin(plan);
    // Without a limit of its own: only the plan decides when a connection ends.
    this.http = createHttpServer(
      { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
      (request, response) => this.take(request, response),
    );
    this.http.on('clientError', (_, socket) => {
      this.books.malformed += 1;
      socket.destroy();
    });
    this.server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.accept(socket));
  }

  begin(plan) {
    clearTimeout(this.closing);
    this.plan = { rules: [], ignoreFirst: 0, seed: 1, ...plan };
    this.startedAt = undefined;
    this.ignored = 0;
    this.books = { connections: 0, received: 0, answered: 0, hung: 0, broken: 0, abandoned: 0, malformed: 0 };
    this.byRule = this.plan.rules.map(() => 0);
    this.log = [];
  }

  /** @param port the one that it had before */
  listen(port = 0) {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host: '127.0.0.1', port, backlog: 4096 }, () => {
        this.server.off('error', reject);
        resolve(this.server.address().port);
      });
    });
  }

  /** The first request that counts has come. */
  start() {
    this.startedAt = now();
    const { refusesFrom } = this.plan;
    if (refusesFrom !== undefined) this.closing = setTimeout(() => this.server.close(), refusesFrom * 1000);
  }

  /** Seconds since the first request that counts. */
  get elapsed() {
    return this.startedAt === undefined ? 0 : (now() - this.startedAt) / 1000;
  }

  accept(socket) {
    this.books.connections += 1;
    socket.on('error', () => socket.destroy());
    const { silentFrom = Infinity } = this.plan;
    if (this.elapsed >= silentFrom) this.held.push(socket);
    else this.serve(socket);
  }

  serve(socket) {
    this.http.emit('connection', socket);
    socket.resume();
  }

  /** Reads what came to connections that were accepted and then left alone. */
  async readHeld() {
    const sockets = this.held.splice(0);
    if (sockets.length === 0) return;
    this.plan = { ...this.plan, rules: [{ do: 'hang' }] };
    this.byRule = [0];
    sockets.forEach((socket) => this.serve(socket));
    // What lies in the kernel's buffers is read within a few turns of the event loop.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  take(request, response) {
    const { plan, books } = this;
    const body = [];
    const isIgnored = this.ignored < plan.ignoreFirst;
    if (isIgnored) this.ignored += 1;
    const number = books.received;
    if (!isIgnored) {
      if (this.startedAt === undefined) this.start();
      books.received += 1;
    }
    const at = now();
    const entry = { at, number, method: request.method, path: request.url };
    if (plan.keepBodies) entry.headers = request.rawHeaders;
    if (!isIgnored || plan.keepBodies) this.log.push(entry);
    request.on('data', (part) => body.push(part));
    request.on('end', () => {
      if (plan.keepBodies) entry.body = Buffer.concat(body).toString('base64');
      const index = isIgnored ? -1 : plan.rules.findIndex((rule) => this.applies(rule, number));
      if (index >= 0) this.byRule[index] += 1;
      const rule = plan.rules[index] ?? { do: 'answer' };
      response.on('close', () => {
        if (!isIgnored && !response.writableFinished && !entry.done) books.abandoned += 1;
      });
      this.act(rule, { request, response, entry, isIgnored });
    });
  }

  applies({ from = 0, to = Infinity, every, share }, number) {
    const { elapsed } = this;
    if (elapsed < from || elapsed >= to) return false;
    if (every !== undefined) return number % every === every - 1;
    return share === undefined || isChosen(number, share, this.plan.seed);
  }

  act(rule, exchange) {
    const { response, entry, isIgnored } = exchange;
    const count = (name) => {
      entry.done = name;
      if (!isIgnored) this.books[name] += 1;
    };
    if (rule.do === 'hang') return count('hung');
    const wait =
      rule.at === undefined ? drawn(rule.delay ?? 0) : Math.max(0, (rule.at - this.elapsed) * 1000);
    const act = () => {
      if (response.destroyed || response.socket === null) return;
      if (rule.do === 'answer') return answer(rule, exchange, () => count('answered'));
      count('broken');
      breaks[rule.do](response.socket);
    };
    if (wait > 0) setTimeout(act, wait);
    else act();
  }

  /** @returns the books */
  report() {
    return { ...this.books, byRule: this.byRule, log: this.log };
  }

  async close() {
    await this.readHeld();
    const books = this.report();
    clearTimeout(this.closing);
    this.server.close();
    this.http.closeAllConnections();
    return books;
  }
}

/** Milliseconds: a number, or one between two. */
const drawn = (delay) => (Array.isArray(delay) ? delay[0] + Math.random() * (delay[1] - delay[0]) : delay);

const breaks = {
  reset: (socket) => socket.resetAndDestroy(),
  close: (socket) => socket.destroy(),
  garbage: (socket) => socket.end('SSH-2.0-OpenSSH_9.2p1\r\n'),
  truncate: (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"ok'),
};

const again = (status, body) =>
  `HTTP/1.1 ${status} Again\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

function answer(rule, { request, response }, done) {
  const { status = 200, body = correct, headers = {}, contentType = 'application/json', events } = rule;
  response.on('finish', done);
  const { socket } = response;
  if (rule.twice) response.on('finish', () => socket.write(again(status, body)));
  if (events) {
    response.writeHead(status, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (const event of events) response.write(event);
    return response.end();
  }
  const content = rule.echo ? Buffer.from(request.url) : Buffer.from(body);
  const sent = rule.gzip ? gzipSync(content) : content;
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': sent.length,
    ...(rule.gzip && { 'content-encoding': 'gzip' }),
    ...headers,
  });
  response.end(sent);
}

async function control(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const document = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : {};
  const port = Number(/^\/scenarios\/(\d+)$/.exec(request.url)?.[1]);
  const scenario = scenarios.get(port);
  const methods = {
    async POST() {
      const made = new Scenario(document);
      const opened = await made.listen();
      scenarios.set(opened, made);
      return { port: opened };
    },
    async PUT() {
      await scenario.readHeld();
      scenario.begin(document);
      if (!scenario.server.listening) await scenario.listen(port);
      return { port };
    },
    async GET() {
      await scenario.readHeld();
      return scenario.report();
    },
    DELETE() {
      scenarios.delete(port);
      return scenario.close();
    },
  };
  const result = await methods[request.method]();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(result));
}

const controlServer = createHttpServer((request, response) => {
  control(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(JSON.stringify({ error: String(error?.stack ?? error) }));
  });
});
controlServer.listen(0, '127.0.0.1', () => {
  process.stdout.write(`control ${controlServer.address().port}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
