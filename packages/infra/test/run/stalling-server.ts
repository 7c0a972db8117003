import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers at once, but for one time in which it answers nobody. */
export interface StallingServer {
  readonly url: string;
  readonly served: number;
  stop(): Promise<void>;
}

/**
 * @param stall When it begins, after the first request, and how long it lasts, in seconds.
 */
export async function startStallingServer(stall: {
  afterSeconds: number;
  seconds: number;
}): Promise<StallingServer> {
  let served = 0;
  let beginsAt = Infinity;
  const held: ServerResponse[] = [];
  const answer = (response: ServerResponse) => {
    served += 1;
    response.end('{"ok":true}');
  };
  const server = createServer((_request, response) => {
    const now = performance.now();
    if (beginsAt === Infinity) {
      beginsAt = now + stall.afterSeconds * 1000;
      setTimeout(() => held.splice(0).forEach(answer), (stall.afterSeconds + stall.seconds) * 1000).unref();
    }
    if (now >= beginsAt && now < beginsAt + stall.seconds * 1000) held.push(response);
    else answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get served() {
      return served;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
