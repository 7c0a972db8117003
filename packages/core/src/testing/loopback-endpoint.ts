import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoadwrightError } from '../errors.js';
import type { EmulatorStatistics } from '../target/emulator-contract.js';
import { SlotQueue, type CapacityOptions } from './capacity.js';

/** A request as an emulator sees it, with its whole body. */
export interface EmulatedRequest {
  readonly method: string;
  /** The path as it was sent, still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query exactly as they were sent. */
  readonly rawTarget: string;
  /** Headers by lower-case name; repeated ones are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** When its head was there, on the clock of `performance.now`. */
  readonly receivedAt: number;
}

/** An answer of an emulator. An object is sent as JSON, with `content-type: application/json` unless given. */
export interface EmulatedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | object;
  /** In place of a body: sent chunk by chunk, each as soon as it comes. The next one is asked for once it was written. */
  readonly chunks?: AsyncIterable<string | Buffer>;
}

/** How a loopback endpoint answers. */
export interface LoopbackEndpointOptions {
  readonly capacity: CapacityOptions;
  /**
   * Looked at before the queue. An answer given here is sent at once and takes no slot: a refusal (status 400 and up,
   * counted as rejected), or a route that costs the service nothing, such as a health check. Undefined: go on.
   */
  check?(request: EmulatedRequest): EmulatedResponse | undefined | Promise<EmulatedResponse | undefined>;
  /**
   * In place of the queue of `capacity`: when the answer is due, by `performance.now()`; undefined: it is throttled.
   */
  admit?(now: number, request: EmulatedRequest): number | undefined;
  /** The answer, given when the service time has passed. */
  answer(request: EmulatedRequest): EmulatedResponse | Promise<EmulatedResponse>;
  /** The answer when the queue is full, in the form that the service uses. */
  throttled(request: EmulatedRequest): EmulatedResponse;
}

/** A running loopback endpoint. */
export interface LoopbackEndpoint {
  /** `http://127.0.0.1:{port}` */
  readonly url: string;
  readonly port: number;
  statistics(): EmulatorStatistics;
  /** Closes the server and every connection. Safe to call twice. */
  stop(): Promise<void>;
}

/** Above the 60 s that clients and load balancers keep idle connections, so that the client closes first. */
const keepAliveMilliseconds = 75_000;

/**
 * Starts an HTTP server on 127.0.0.1 with a known capacity (see `SlotQueue`).
 *
 * @throws `CONFIG_INVALID` when the port is taken or not allowed.
 */
export async function startLoopbackEndpoint(options: LoopbackEndpointOptions): Promise<LoopbackEndpoint> {
  const queue = new SlotQueue(options.capacity);
  const counts = { requests: 0, served: 0, throttled: 0, rejected: 0 };
  const timers = new Set<NodeJS.Timeout>();

  async function respond(request: EmulatedRequest): Promise<EmulatedResponse> {
    counts.requests += 1;
    const early = await options.check?.(request);
    if (early) {
      if (early.status >= 400) counts.rejected += 1;
      return early;
    }
    const now = performance.now();
    const due = options.admit ? options.admit(now, request) : queue.admit(now);
    if (due === undefined) {
      counts.throttled += 1;
      return options.throttled(request);
    }
    await untilTime(due, timers);
    counts.served += 1;
    return options.answer(request);
  }

  const server = createServer({ keepAliveTimeout: keepAliveMilliseconds }, (incoming, outgoing) => {
    read(incoming)
      .then(respond)
      .catch((error: unknown): EmulatedResponse => ({
        status: 500,
        body: { message: `The emulator failed: ${String(error)}` },
      }))
      .then((response) => (response.chunks ? stream(outgoing, response) : write(outgoing, response)))
      // A client that goes away within a stream is its own affair.
      .catch(() => outgoing.destroy());
  });
  await listen(server, options.capacity.port);
  const { port } = server.address() as AddressInfo;

  let stopped: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    statistics: () => ({ ...counts }),
    stop: () => {
      stopped ??= new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return stopped;
    },
  };
}

function untilTime(due: number, timers: Set<NodeJS.Timeout>): Promise<void> {
  return new Promise((resolve) => {
    // Rounded up: an answer may be late by about a millisecond, but is never early. On a busy machine it may be due already.
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        resolve();
      },
      Math.max(0, Math.ceil(due - performance.now())),
    );
    timers.add(timer);
  });
}

async function read(incoming: IncomingMessage): Promise<EmulatedRequest> {
  const receivedAt = performance.now();
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const rawTarget = incoming.url ?? '/';
  const mark = rawTarget.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, values = []] of Object.entries(incoming.headersDistinct))
    headers[name] = values.join(',');
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? rawTarget : rawTarget.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : rawTarget.slice(mark + 1)),
    rawTarget,
    headers,
    body: Buffer.concat(chunks),
    receivedAt,
  };
}

function write(outgoing: ServerResponse, { status, headers = {}, body = '' }: EmulatedResponse): void {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(isJson ? JSON.stringify(body) : (body as string));
  outgoing.writeHead(status, {
    ...(isJson ? { 'content-type': 'application/json' } : {}),
    ...headers,
    'content-length': bytes.length,
  });
  outgoing.end(bytes);
}

async function stream(
  outgoing: ServerResponse,
  { status, headers, chunks }: EmulatedResponse,
): Promise<void> {
  outgoing.writeHead(status, headers);
  for await (const chunk of chunks!) {
    if (outgoing.destroyed) return;
    outgoing.write(chunk);
  }
  outgoing.end();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new LoadwrightError('CONFIG_INVALID', `port: cannot listen on 127.0.0.1:${port} (${error.code}).`, {
          hint:
            error.code === 'EADDRINUSE'
              ? 'Another program uses this port. Stop it, choose another port, or use 0 for any free one.'
              : 'Choose a port above 1023, or 0 for any free one.',
          cause: error,
        }),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
