import { request, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createServer as createSecureServer } from 'node:tls';

/** A server on this machine that is faster than the one whose answers it gives. */
export interface Responder {
  readonly url: string;
  counts(): ResponderCounts;
  close(): Promise<void>;
}

export interface ResponderCounts {
  readonly requests: number;
  /** Answered with another status than 2xx. */
  readonly refused: number;
  /** Bytes of requests and of answers, without TLS. */
  readonly sent: number;
  readonly received: number;
}

/** So many answers are kept; paths beyond are asked for each time. */
const mostAnswers = 1000;

/**
 * Asks a server for each method and path once, and repeats its answer from then on: checking a request again would cost more than
 * making it, and on this machine the load would wait for it.
 *
 * @param behind its base URL
 * @param tls key and certificate, in PEM; absent: without TLS
 */
export async function startResponder(
  behind: string,
  tls?: { readonly key: string; readonly certificate: string },
): Promise<Responder> {
  const counts = { requests: 0, refused: 0, sent: 0, received: 0 };
  const answers = new Map<string, Buffer>();
  const open = new Set<Socket>();

  const answerOf = async (head: string, body: Buffer): Promise<Buffer> => {
    const key = head.slice(0, head.search(/[?\r]| HTTP\//));
    const known = answers.get(key);
    if (known) return known;
    const { status, bytes } = await ask(behind, head, body);
    if (status < 200 || status > 299) counts.refused++;
    else if (answers.size < mostAnswers) answers.set(key, bytes);
    return bytes;
  };

  const serve = (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // The load ends in the middle of requests.
    socket.on('error', () => socket.destroy());
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = rest.toString('latin1', 0, end);
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const whole = end + 4 + length;
      // One request at a time: nobody sends the next one before the answer.
      if (rest.length < whole) return;
      const body = rest.subarray(end + 4, whole);
      rest = Buffer.alloc(0);
      const reply = (answer: Buffer) => {
        counts.requests++;
        counts.sent += whole;
        counts.received += answer.length;
        if (!socket.destroyed) socket.write(answer);
      };
      answerOf(head, body).then(reply, () => socket.destroy());
    });
  };

  const listener = tls
    ? createSecureServer({ key: tls.key, cert: tls.certificate, noDelay: true }, serve)
    : createServer({ noDelay: true }, serve);
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', resolve);
  });
  const { port } = listener.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    counts: () => ({ ...counts }),
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

/** Passes one request on, with its headers as they are: signatures cover some of them. */
async function ask(behind: string, head: string, body: Buffer): Promise<{ status: number; bytes: Buffer }> {
  const [first = '', ...lines] = head.split('\r\n');
  const [method, path = '/'] = first.split(' ');
  const { hostname, port } = new URL(behind);
  const headers = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ hostname, port, method, path, headers, agent: false }, resolve).on('error', reject).end(body);
  });
  const content = await buffer(answer);
  const { statusCode: status = 0, statusMessage, rawHeaders } = answer;
  const kept = rawHeaders.flatMap((name, index) =>
    index % 2 === 1 || /^(?:connection|keep-alive|content-length|transfer-encoding)$/i.test(name)
      ? []
      : [`${name}: ${rawHeaders[index + 1]}`],
  );
  const text = [`HTTP/1.1 ${status} ${statusMessage}`, ...kept, `Content-Length: ${content.length}`, '', ''];
  return { status, bytes: Buffer.concat([Buffer.from(text.join('\r\n'), 'latin1'), content]) };
}
