import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SupervisedProcess } from '../../src/local/processes.js';
import type { Answer, RawRequest } from './calls.js';

const python = fileURLToPath(new URL('../../../../.venv/bin/python', import.meta.url));
const motoServer = fileURLToPath(new URL('../../../../.venv/bin/moto_server', import.meta.url));
const lifeline = fileURLToPath(new URL('../../src/local/run_with_lifeline.py', import.meta.url));
const images = fileURLToPath(new URL('./images.json', import.meta.url));

const startedWithinMilliseconds = 60_000;
const graceMilliseconds = 2000;

/** A moto_server of this process: it ends with it, however that ends. */
export class Moto {
  readonly url: string;
  readonly #process: SupervisedProcess;
  #enforcing = false;
  /** While permissions are enforced, calls go one by one, so that none slips through a moment without. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(url: string, process: SupervisedProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(): Promise<Moto> {
    const lines: string[] = [];
    let announce: (url: string) => void = () => {};
    const announced = new Promise<string>((resolve) => (announce = resolve));
    const child = new SupervisedProcess({
      file: python,
      arguments: [lifeline, motoServer, '-H', '127.0.0.1', '-p', '0'],
      environment: {
        PATH: process.env['PATH'] ?? '',
        PYTHONUNBUFFERED: '1',
        MOTO_AMIS_PATH: images,
        MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: '1',
        MOTO_ENABLE_AMI_VALIDATION: '1',
      },
      onLine: (line) => {
        lines.push(line);
        const url = /Running on (http:\/\/\S+)/.exec(line)?.[1];
        if (url) announce(url);
      },
    });
    const ended = child.exited.then(({ description }) => {
      throw new Error(`moto_server ${description}:\n${lines.join('\n')}`);
    });
    const moto = new Moto(await Promise.race([announced, ended]), child);
    ended.catch(() => {});
    const deadline = Date.now() + startedWithinMilliseconds;
    while (!(await moto.#answers())) {
      if (Date.now() > deadline) throw new Error(`moto_server does not answer:\n${lines.join('\n')}`);
      await delay(25);
    }
    return moto;
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
    return this.#enforcing ? this.#alone(() => this.#send(request)) : this.#send(request);
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
    return this.unrestricted(() => this.#send(request));
  }

  async stop(): Promise<void> {
    await this.#process.end(graceMilliseconds);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  async #answers(): Promise<boolean> {
    return (await fetch(`${this.url}/moto-api/`).catch(() => undefined))?.ok === true;
  }

  async #post(path: string, body?: string): Promise<void> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw new Error(`moto_server answered ${path} with HTTP ${response.status}`);
  }

  #send({ method, path, headers, body }: RawRequest): Promise<Answer> {
    const { expect: _, 'transfer-encoding': __, ...kept } = headers;
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        `${this.url}${path}`,
        {
          method,
          // The server closes every connection.
          agent: false,
          headers: { ...kept, ...(body.length > 0 && { 'content-length': String(body.length) }) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('error', reject);
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const headers = Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
            );
            resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  }
}
