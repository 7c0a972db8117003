import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the server does with a request, and with which. The first rule that applies decides; without one it answers. */
export interface Rule {
  /** Seconds since the first request from which the rule applies, and until which. */
  readonly from?: number;
  readonly to?: number;
  /** Each so-maniest request alone. */
  readonly every?: number;
  /** A share of them, 0 to 1: the same ones at each run with the same seed. */
  readonly share?: number;
  /**
   * answer; hang: never answer; reset: break the connection with RST; close: end it with FIN; garbage: answer something
   * else than HTTP; truncate: end it within the answer.
   */
  readonly do: 'answer' | 'hang' | 'reset' | 'close' | 'garbage' | 'truncate';
  /** Milliseconds before it is done: so many, or a number between two. */
  readonly delay?: number | readonly [number, number];
  /** Seconds since the first request at which it is done, in place of a delay. */
  readonly at?: number;
  readonly status?: number;
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly gzip?: boolean;
  /** The answer is sent again, at once. */
  readonly twice?: boolean;
  /** Frames of an event stream, as they are. */
  readonly events?: readonly string[];
}

/** How a port behaves. */
export interface Scenario {
  readonly rules?: readonly Rule[];
  /** Seconds since the first request from which connections are accepted and left alone. */
  readonly silentFrom?: number;
  /** Seconds since the first request from which new connections are refused. */
  readonly refusesFrom?: number;
  /** So many requests at the beginning are answered, and are not in the books: a preflight. */
  readonly ignoreFirst?: number;
  readonly seed?: number;
  /** Keep headers and bodies in the log, also those of ignored requests. */
  readonly keepBodies?: boolean;
}

/** A request as it was received. */
export interface Received {
  /** Milliseconds, of a clock that only grows. */
  readonly at: number;
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly done?: 'answered' | 'hung' | 'broken';
  /** Names and values in turn, as they came. */
  readonly headers?: readonly string[];
  /** Base64. */
  readonly body?: string;
}

/** What the server knows. */
export interface Books {
  readonly connections: number;
  /** Requests of which at least the head came. */
  readonly received: number;
  /** Answers whose last byte was handed to the kernel. */
  readonly answered: number;
  /** Requests that are never answered. */
  readonly hung: number;
  /** Requests whose connection was broken on purpose. */
  readonly broken: number;
  /** Requests whose client went before they were answered. */
  readonly abandoned: number;
  readonly malformed: number;
  /** Requests to which each rule applied. */
  readonly byRule: readonly number[];
  readonly log: readonly Received[];
}

/** One port of the server. */
export interface LiarPort {
  readonly url: string;
  /** Another behaviour and new books. */
  become(scenario: Scenario): Promise<void>;
  books(): Promise<Books>;
  close(): Promise<Books>;
}

/** The server that misbehaves as it is told to, as a process. See `liar-server.mjs`. */
export class Liar {
  readonly #control: string;
  readonly #end: () => Promise<void>;

  private constructor(control: string, end: () => Promise<void>) {
    this.#control = control;
    this.#end = end;
  }

  static async start(): Promise<Liar> {
    const script = fileURLToPath(new URL('./liar-server.mjs', import.meta.url));
    // It ends with its standard input, and so with this process, however that ends.
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    const port = /^control (\d+)$/m.exec(first.toString())?.[1];
    return new Liar(`http://127.0.0.1:${port}`, async () => {
      child.stdin.end();
      await exited;
    });
  }

  async open(scenario: Scenario = {}): Promise<LiarPort> {
    const { port } = await this.#ask<{ port: number }>('POST', '/scenarios', scenario);
    const path = `/scenarios/${port}`;
    return {
      url: `http://127.0.0.1:${port}`,
      become: async (next) => void (await this.#ask('PUT', path, next)),
      books: () => this.#ask<Books>('GET', path),
      close: () => this.#ask<Books>('DELETE', path),
    };
  }

  stop(): Promise<void> {
    return this.#end();
  }

  async #ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.#control}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The liar said: ${text}`);
    return JSON.parse(text) as Answer;
  }
}
