import {
  Agent,
  request as requestHttp,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import { networkFailure, whileWaiting } from '@loadwright/core/fleet';
import { LoadwrightError } from '@loadwright/core/errors';

/** What is sent with a request: opened anew each time that it is sent. */
export interface Body {
  readonly bytes: number;
  /** Each piece is sent before the next one is asked for: they may share their memory. */
  open(): AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>;
  /** Called with all bytes so far. */
  onSent?(bytes: number): void;
}

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly signal?: AbortSignal | undefined;
}

/** How long a registry may take, in milliseconds. */
export interface Patience {
  /** Without a byte in either direction. A registry that has all of a blob may have to copy it before it answers. */
  readonly silence: number;
  /** For a whole call, however slowly it goes on. */
  readonly call: number;
}

export const usualPatience: Patience = { silence: 120_000, call: 3_600_000 };

/** Connections are kept: a push is some dozens of calls, one after another. They end with the push. */
export interface Connections {
  readonly http: Agent;
  readonly https: SecureAgent;
  readonly patience: Patience;
}

export function openConnections(patience: Patience): Connections {
  return {
    http: new Agent({ keepAlive: true }),
    https: new SecureAgent({ keepAlive: true }),
    patience,
  };
}

export function closeConnections({ http, https }: Connections): void {
  http.destroy();
  https.destroy();
}

/**
 * One request. `node:http`, because `fetch` takes 50 MB of memory more for the same blob.
 *
 * @returns the answer, whatever its status, with a body that must be read or destroyed
 * @throws LoadwrightError `PROVISIONING_FAILED` when there is none, `ABORTED`
 */
export async function send(call: Call, connections: Connections): Promise<IncomingMessage> {
  try {
    return await whileWaiting(`the answer of ${call.url.host}`, () => sendOnce(call, connections));
  } catch (error) {
    throw unreachable(error, call.url);
  }
}

async function sendOnce({ method, url, headers, body, signal }: Call, connections: Connections) {
  const { silence, call } = connections.patience;
  if (signal?.aborted) throw stopped(url);
  const isSecure = url.protocol === 'https:';
  const request = (isSecure ? requestHttps : requestHttp)(url, {
    method,
    headers: {
      'user-agent': 'loadwright',
      ...headers,
      ...(body && { 'content-length': String(body.bytes) }),
    },
    agent: isSecure ? connections.https : connections.http,
    timeout: silence,
  });
  let answer: IncomingMessage | undefined;
  // Whoever reads the answer must learn the reason, too.
  const end = (error: LoadwrightError) => void (answer ?? request).destroy(error);
  const stop = () => end(stopped(url));
  const limit = setTimeout(() => end(silent(url, `the call took more than ${inSeconds(call)}`)), call);
  signal?.addEventListener('abort', stop);
  request.on('timeout', () => end(silent(url, `no data was transferred for ${inSeconds(silence)}`)));
  request.on('close', () => {
    clearTimeout(limit);
    signal?.removeEventListener('abort', stop);
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', (response) => {
      answer = response;
      // One that came before the end of what was sent is a refusal: the rest would go nowhere.
      response.on('close', () => !request.writableFinished && request.destroy());
      resolve(response);
    });
    // Stays: after an early answer the rest of the body may fail.
    request.on('error', reject);
  });
  if (body && body.bytes > 0) void sendBody(body, request);
  else request.end();
  return answered;
}

/** What it fails with, the request fails with. */
async function sendBody(body: Body, request: ClientRequest): Promise<void> {
  let sent = 0;
  try {
    for await (const piece of await body.open()) {
      await write(request, piece);
      sent += piece.length;
      body.onSent?.(sent);
    }
    request.end();
  } catch (error) {
    request.destroy(error as Error);
  }
}

/** Waits until a piece has left this process. */
async function write(request: ClientRequest, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // What waits for a connection that never comes is not called back.
    const closed = () => reject(new Error('the connection was closed'));
    request.once('close', closed);
    request.write(piece, (error) => {
      request.off('close', closed);
      if (error) reject(error);
      else resolve();
    });
  });
}

const inSeconds = (milliseconds: number) => `${milliseconds / 1000} s`;

function stopped({ host }: URL): LoadwrightError {
  return new LoadwrightError('ABORTED', `Stopped while asking ${host}.`);
}

function silent(url: URL, reason: string): LoadwrightError {
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `The registry ${url.host} did not answer in time: ${reason}.`,
    {
      hint: 'Try again: blobs that it has are not sent again. If this repeats, read its logs and check the network.',
      retryable: true,
    },
  );
}

function unreachable(error: unknown, url: URL): LoadwrightError {
  const failure = networkFailure(error, url.origin, 'the registry');
  if (failure === error) return failure;
  const { message, hint, retryable } = failure;
  return new LoadwrightError('PROVISIONING_FAILED', message, {
    ...(hint !== undefined && { hint }),
    cause: error,
    retryable,
  });
}

/** All of an answer that is short. @throws LoadwrightError `PROVISIONING_FAILED` when it is longer than `most` bytes */
export async function readShort(answer: IncomingMessage, url: URL, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > most) throw tooLong(url, most);
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreachable(error, url);
  }
  return Buffer.concat(chunks);
}

function tooLong(url: URL, most: number): LoadwrightError {
  return new LoadwrightError(
    'PROVISIONING_FAILED',
    `The registry ${url.host} answered with more than ${most} bytes; a manifest is shorter.`,
    { hint: 'Check that the address belongs to a registry, not to a proxy in front of it.' },
  );
}

/** A short body. */
export async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** The one value of a header. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
