import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to an emulator that breaks: as when a process is killed right after a call, which the service has carried out. */
export interface BreakingProxy {
  readonly url: string;
  /** Operations that were carried out, in order. */
  readonly calls: string[];
  /** From now on: the answer of this call (1: the next) is lost, and so is whatever comes after it. Infinity: none. */
  breakAt(call: number): void;
  stop(): Promise<void>;
}

export async function startBreakingProxy(url: string): Promise<BreakingProxy> {
  const calls: string[] = [];
  let left = Infinity;
  const server = createServer((incoming, outgoing) => {
    left -= 1;
    if (left < 0) {
      outgoing.destroy();
      return;
    }
    const isLast = left === 0;
    const operation = incoming.headers['x-amz-target'];
    calls.push(operation ? String(operation).split('.')[1]! : `${incoming.method} ${incoming.url}`);
    const forwarded = sendRequest(
      url + incoming.url,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (isLast) {
          answer.resume().on('end', () => outgoing.destroy());
          return;
        }
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    breakAt: (call) => {
      left = call;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
