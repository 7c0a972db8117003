import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One address behind which another service can be put: what a load balancer is to its service. */
export class Door {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #leadsTo: URL;

  private constructor(server: Server, leadsTo: string) {
    this.#server = server;
    this.#leadsTo = new URL(leadsTo);
  }

  static async open(leadsTo: string): Promise<Door> {
    const server = createServer();
    const door = new Door(server, leadsTo);
    server.on('connection', (socket) => door.#pass(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on connections lead there, and those that are open end. */
  lead(to: string): void {
    this.#leadsTo = new URL(to);
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #pass(socket: Socket): void {
    const { hostname, port } = this.#leadsTo;
    const behind = connect(Number(port), hostname);
    for (const one of [socket, behind]) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        socket.destroy();
        behind.destroy();
      });
    }
    socket.pipe(behind).pipe(socket);
  }
}
