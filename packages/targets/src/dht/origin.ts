import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { durationSchema, LoadwrightError, parseDuration } from '@loadwright/core/target';
import { z } from 'zod';

/** Options of an origin server. */
export const originOptionsSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('address to listen on; 0.0.0.0: every address of this machine, for nodes on other machines'),
  port: z.int().min(0).max(65_535).default(0).describe('0: a free one'),
  objectBytes: z
    .int()
    .min(1)
    .max(16 * 1024 * 1024)
    .default(1024)
    .describe('size of every object, in bytes'),
  delay: durationSchema({ allowZero: true }).default('0s').describe('time until an object is answered'),
});

export type OriginInput = z.input<typeof originOptionsSchema>;
export type OriginOptions = z.output<typeof originOptionsSchema>;

/** What an origin was asked for. */
export interface OriginCounts {
  /** Requests with GET or HEAD. */
  readonly requests: number;
  /** Paths that differ, with their query. */
  readonly objects: number;
}

/** A running origin server. */
export interface Origin {
  /** `http://{host}:{port}`, as it listens. */
  readonly url: string;
  readonly port: number;
  counts(): OriginCounts;
  /** Closes the server and every connection. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts an origin for the URLs of a load test: a cache that misses asks it, and not somebody else's site. It answers
 * each path with an object of its own, the same at each time: the path and the query, over and over, up to its size.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when the address is taken or not this machine's.
 */
export async function startOrigin({ host, port, objectBytes, delay }: OriginOptions): Promise<Origin> {
  const milliseconds = parseDuration(delay)! * 1000;
  const asked = new Set<string>();
  let requests = 0;
  const ended = new AbortController();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    requests += 1;
    asked.add(path);
    const answer = () => {
      const headers = { 'content-type': 'text/plain', 'cache-control': 'public, max-age=86400' };
      response.writeHead(200, { ...headers, 'content-length': objectBytes });
      response.end(request.method === 'HEAD' ? undefined : Buffer.alloc(objectBytes, path));
    };
    if (milliseconds === 0) answer();
    else void sleep(milliseconds, undefined, { signal: ended.signal }).then(answer, () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
  const { port: given } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${given}`,
    port: given,
    counts: () => ({ requests, objects: asked.size }),
    stop: () => {
      stopped ??= new Promise((resolve) => {
        ended.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return stopped;
    },
  };
}

function cannotListen(host: string, port: number, error: NodeJS.ErrnoException): LoadwrightError {
  const isAddress = error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND';
  return new LoadwrightError(
    'CONFIG_INVALID',
    `${isAddress ? 'host' : 'port'}: cannot listen on ${host}:${port} (${error.code}).`,
    {
      hint: isAddress
        ? 'Use an address of this machine, or 0.0.0.0 for all of them.'
        : 'Use another port, or 0 for any free one.',
      cause: error,
    },
  );
}
