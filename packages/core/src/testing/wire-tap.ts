import { Buffer } from 'node:buffer';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A request as it went over the wire. */
export interface WireRequest {
  /** Method, target and version. */
  readonly line: string;
  /** In their order, as they were written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** A relay that passes bytes on in both directions, unchanged, and remembers those of the client. */
export interface WireTap {
  /** Stands in for the URL that it was made for, its path included. */
  readonly url: string;
  /** Every whole request since the last call, of one connection after the other. */
  take(): WireRequest[];
  close(): Promise<void>;
}

/** @param url of a server on loopback: `http://127.0.0.1:1234/base` */
export async function startWireTap(url: string): Promise<WireTap> {
  const { hostname, pathname, port } = new URL(url);
  let streams: Buffer[][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const chunks: Buffer[] = [];
    streams.push(chunks);
    const upstream = connect(Number(port || 80), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
    }
    client.on('data', (chunk) => chunks.push(chunk));
    const end = () => {
      client.destroy();
      upstream.destroy();
      sockets.delete(client);
      sockets.delete(upstream);
    };
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${own}${pathname.replace(/\/$/, '')}`,
    take: () => {
      const taken = streams;
      streams = [];
      return taken.flatMap((chunks) => requestsOf(Buffer.concat(chunks)));
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The whole requests at the beginning of what a client sent. Bodies have a Content-Length, as the load's client sends them. */
function requestsOf(bytes: Buffer): WireRequest[] {
  const requests: WireRequest[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) return requests;
    // Headers are Latin-1 on the wire: each byte stays one character.
    const [line = '', ...lines] = bytes.subarray(at, end).toString('latin1').split('\r\n');
    const headers = lines.map((text) => {
      const colon = text.indexOf(':');
      return [text.slice(0, colon), text.slice(colon + 1).trim()] as const;
    });
    const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1] ?? '0';
    const body = end + 4;
    at = body + Number(length);
    if (at > bytes.length || !Number.isSafeInteger(at)) return requests;
    requests.push({ line, headers, body: bytes.subarray(body, at) });
  }
}
