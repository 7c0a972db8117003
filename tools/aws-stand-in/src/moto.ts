import type { Answer, RawRequest } from './calls.js';
import { startMotoServer, type MotoServer } from './moto-server.js';
import { sendTo } from './send-to.js';
import { areMotoServersShared, borrowMotoServer } from './shared-motos.js';

/** The moto_server of a stand-in. */
export class Moto {
  readonly url: string;
  readonly #server: MotoServer;
  #enforcing = false;
  /** While permissions are enforced, calls go one by one, so that none slips through a moment without. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(server: MotoServer) {
    this.url = server.url;
    this.#server = server;
  }

  static async start(): Promise<Moto> {
    return new Moto(await (areMotoServersShared() ? borrowMotoServer() : startMotoServer()));
  }

  /** Forgets all accounts, and enforces no permissions any more. */
  async reset(): Promise<void> {
    await this.enforce(false);
    await this.#post('/moto-api/reset');
  }

  /** Whether calls need a user's permission. */
  get enforcing(): boolean {
    return this.#enforcing;
  }

  async enforce(enforcing: boolean): Promise<void> {
    this.#enforcing = enforcing;
    // The number of calls that need no permission.
    await this.#post('/moto-api/reset-auth', enforcing ? '0' : 'inf');
  }

  /** Sends a request as it came: its signature covers the headers. */
  async forward(request: RawRequest): Promise<Answer> {
    return this.#enforcing ? this.#alone(() => sendTo(this.url, request)) : sendTo(this.url, request);
  }

  /** Does what needs no permission: the stand-in's own look at the account. */
  async unrestricted<T>(look: () => Promise<T>): Promise<T> {
    if (!this.#enforcing) return look();
    return this.#alone(async () => {
      await this.#post('/moto-api/reset-auth', 'inf');
      try {
        return await look();
      } finally {
        await this.#post('/moto-api/reset-auth', this.#enforcing ? '0' : 'inf');
      }
    });
  }

  /** Sends a changed request, which needs no permission. */
  async forwardUnrestricted(request: RawRequest): Promise<Answer> {
    return this.unrestricted(() => sendTo(this.url, request));
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #post(path: string, body?: string): Promise<void> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw new Error(`moto_server answered ${path} with HTTP ${response.status}`);
  }
}
