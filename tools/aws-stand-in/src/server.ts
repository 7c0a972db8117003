import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, RawRequest } from './calls.js';
import { Dropped } from './faults.js';

const keptByTheServer = new Set(['connection', 'transfer-encoding', 'content-length', 'date']);

/** An HTTP server on the loopback interface whose answers come from a function. */
export class LoopbackServer {
  readonly url: string;
  readonly #server: Server;
  readonly #open = new Set<Promise<void>>();

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param answer may throw {@link Dropped}: the connection then ends without an answer. */
  static async start(
    answer: (request: RawRequest) => Promise<Answer>,
    clockOffset: () => number,
  ): Promise<LoopbackServer> {
    // Connections stay: one that the server ends while the SDK takes it up again would look like a fault.
    const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const started = new LoopbackServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (incoming, response) => {
      const work = started.#serve(incoming, response, answer, clockOffset);
      started.#open.add(work);
      void work.finally(() => started.#open.delete(work));
    });
    return started;
  }

  /** Settles when nothing is in flight: what a killed caller has sent may still take effect. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  async stop(): Promise<void> {
    await this.idle();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(
    incoming: IncomingMessage,
    response: ServerResponse,
    answer: (request: RawRequest) => Promise<Answer>,
    clockOffset: () => number,
  ): Promise<void> {
    try {
      const { status, headers, body } = await answer(await read(incoming));
      for (const [name, value] of Object.entries(headers)) {
        if (!keptByTheServer.has(name)) response.setHeader(name, value);
      }
      response.setHeader('date', new Date(Date.now() + clockOffset() * 1000).toUTCString());
      if (incoming.method !== 'HEAD') response.setHeader('content-length', body.length);
      response.writeHead(status).end(body);
    } catch (error) {
      if (error instanceof Dropped) incoming.socket.destroy();
      // The stand-in itself is broken: the message says why, and the status is none of AWS's.
      else response.writeHead(599).end(error instanceof Error ? error.stack : String(error));
    }
  }
}

async function read(incoming: IncomingMessage): Promise<RawRequest> {
  const chunks: Buffer[] = [];
  // The caller may be killed while it sends.
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    throw new Dropped();
  }
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  );
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers,
    body: Buffer.concat(chunks),
  };
}
