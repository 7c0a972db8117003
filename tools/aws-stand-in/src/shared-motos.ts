import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { startMotoServer, type MotoServer } from './moto-server.js';

/** Port of this machine at which the processes of one test run lend each other their moto_servers. */
const variable = 'LOADWRIGHT_TEST_MOTOS';

/**
 * Lends moto_servers to the test files of a fleet: each takes seconds of a core to start, and a file that has ended
 * leaves one that the next file can use. Who connects is told the URL of one that nobody else has, and has it for as
 * long as the connection stands. What was in it is of no concern: whoever takes one begins with a reset.
 *
 * @returns ends all of them
 */
export async function shareMotoServers(): Promise<() => Promise<void>> {
  const idle: MotoServer[] = [];
  const all = new Set<MotoServer>();
  const lend = async (socket: Socket) => {
    let isOpen = true;
    socket.on('error', () => {});
    socket.on('close', () => (isOpen = false));
    const moto = idle.pop() ?? (await startMotoServer());
    all.add(moto);
    if (!isOpen) return void idle.push(moto);
    socket.on('close', () => idle.push(moto));
    socket.write(`${moto.url}\n`);
  };
  const server = createServer((socket) => {
    // Without a line the borrower fails, and says so.
    lend(socket).catch((error: unknown) => socket.end(`${String(error).replaceAll('\n', ' ')}\n`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env[variable] = String((server.address() as AddressInfo).port);
  return async () => {
    delete process.env[variable];
    server.close();
    await Promise.all([...all].map((moto) => moto.stop()));
  };
}

/** True where a process lends moto_servers. */
export const areMotoServersShared = () => process.env[variable] !== undefined;

/** A moto_server of the fleet's own, until it is stopped or this process ends. */
export async function borrowMotoServer(): Promise<MotoServer> {
  const socket = connect(Number(process.env[variable]), '127.0.0.1');
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const { value: url, done } = await lines.next();
  if (done || !url.startsWith('http')) throw new Error(`no moto_server was lent: ${url}`);
  socket.unref();
  return {
    url,
    stop: async () => {
      socket.destroy();
    },
  };
}
