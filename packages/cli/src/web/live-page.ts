import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent, RunReport } from '@loadwright/core';
import { listGoingOn } from './going-on.js';
import { renderLivePage, renderLiveUpdate, type LiveRun } from '@loadwright/core/report';
import { emptyRun, reduceRun } from './run-state.js';

/** A run whose figures may be shown beside. */
export interface OtherRun {
  readonly title: string;
  readonly read: () => Promise<RunReport>;
}

/** What the page of a run is made of. */
export interface LivePageOptions {
  readonly name: string;
  readonly target: string;
  readonly others: readonly OtherRun[];
  /** Its own id, and the folder in which other runs that go on are found. Absent: none is looked for. */
  readonly among?: { readonly runId: string; readonly results: string } | undefined;
  /** Somebody has pressed the button. */
  readonly onStop: () => void;
}

/** The page of a run that goes on. */
export interface LivePage {
  /** With the token that whoever asks must know. */
  readonly url: string;
  /** Where the samples of the run are, for the pages of other runs: whoever knows it can read them, and no more. */
  readonly samplesUrl: string;
  onProgress(event: RunEvent): void;
  /** The run has been asked to end. */
  stopping(): void;
  /** Hands over the report to the browsers that show the page, and closes. @param report absent: there is none */
  close(report: RunReport | undefined): Promise<void>;
}

/** A random token of 192 bits: nobody guesses it. */
const tokenBytes = 24;
/** A run that is shown beside. */
type Beside = NonNullable<LiveRun['beside']>;
type ReadBeside = () => Promise<Beside>;

/** How long browsers may take to fetch the report, in milliseconds. */
const handOverMilliseconds = 3000;
const pollMilliseconds = 50;

/**
 * Serves the page on the loopback of this machine. Other users of it, and pages of other sites in the browser, do not know the
 * token; a name that somebody lets point here (DNS rebinding) is not the host that is asked for.
 */
export async function serveLivePage(options: LivePageOptions): Promise<LivePage> {
  const server = new PageServer(options);
  await server.listen();
  return server;
}

class PageServer implements LivePage {
  readonly #options: LivePageOptions;
  readonly #token = randomBytes(tokenBytes).toString('base64url');
  readonly #samplesToken = randomBytes(tokenBytes).toString('base64url');
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  /** Each with how to read the run beside, where that goes on as well. */
  readonly #listeners = new Map<ServerResponse, ReadBeside | undefined>();
  #host = '';
  #state = emptyRun;
  /** Browsers that have got the page and do not listen yet: it is being loaded, again perhaps. */
  #loading = 0;
  #report: string | undefined;
  /** Browsers that know of the report and have not got it. */
  #awaited = 0;

  constructor(options: LivePageOptions) {
    this.#options = options;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    // It ends with the run, and keeps nothing from ending.
    this.#server.unref();
  }

  get url(): string {
    return `http://${this.#host}/${this.#token}/`;
  }

  get samplesUrl(): string {
    return `http://${this.#host}/${this.#samplesToken}/samples`;
  }

  onProgress(event: RunEvent): void {
    this.#state = reduceRun(this.#state, event);
    if (event.type !== 'message' && event.type !== 'ready') this.#tell();
  }

  stopping(): void {
    this.#state = { ...this.#state, isStopping: true };
    this.#tell();
  }

  async close(report: RunReport | undefined): Promise<void> {
    const html =
      report && (await readFile(join(report.resultsDirectory, 'report.html'), 'utf8').catch(() => undefined));
    if (html === undefined) this.#send('over', 'The run has ended without a report: the terminal says why.');
    else {
      this.#report = html;
      this.#awaited = this.#listeners.size + this.#loading;
      this.#send('report', '');
      const limit = performance.now() + handOverMilliseconds;
      while (this.#awaited > 0 && performance.now() < limit) await delay(pollMilliseconds);
    }
    for (const listener of this.#listeners.keys()) listener.end();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers } = request;
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${this.#host}`);
    const [, token = '', page = ''] = /^\/([^/]*)\/([a-z]*)$/.exec(pathname) ?? [];
    const isSamples = method === 'GET' && page === 'samples' && isSame(token, this.#samplesToken);
    if (headers.host !== this.#host || !(isSamples || isSame(token, this.#token)))
      return refuse(response, 404);
    // A connection that stays open would be served after the end.
    response.setHeader('Connection', 'close');
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    if (isSamples) {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(this.#state.samples.slice(Number(searchParams.get('after') ?? 0) || 0)));
      return;
    }
    const isAsked = method === 'GET';
    if (isAsked && page === '') return this.#page(response, searchParams.get('beside'));
    if (isAsked && page === 'events') return this.#listen(response, searchParams.get('beside'));
    if (isAsked && page === 'report' && this.#report !== undefined) {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(this.#report, () => this.#awaited--);
      return;
    }
    if (method === 'POST' && page === 'stop') {
      // A page of another site may send a form here: its origin is not this one.
      if (headers.origin !== `http://${this.#host}`) return refuse(response, 403);
      response.writeHead(204).end();
      this.#options.onStop();
      return;
    }
    refuse(response, 404);
  }

  async #page(response: ServerResponse, beside: string | null): Promise<void> {
    this.#loading++;
    const goingOn = await this.#goingOn();
    const read = this.#reads(beside, goingOn);
    const others = goingOn.map(({ title, key }) => ({ title, address: `?beside=${key}` }));
    const known = this.#known();
    const html = await renderLivePage({
      ...known,
      others: [...others, ...known.others],
      ...(read && { beside: await read() }),
    });
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    // Its own policy, which is in it, cannot say this.
    response.setHeader('Content-Security-Policy', "frame-ancestors 'none'");
    response.end(html);
  }

  async #listen(response: ServerResponse, beside: string | null): Promise<void> {
    // A run that is over does not change: only one that goes on is read again and again.
    const isOver = beside === null || /^\d{1,3}$/.test(beside);
    const read = isOver ? undefined : this.#reads(beside, await this.#goingOn());
    if (response.destroyed) return;
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    this.#listeners.set(response, read);
    this.#loading = Math.max(0, this.#loading - 1);
    response.on('close', () => this.#listeners.delete(response));
    const first = read ? await this.#withBeside(read) : this.#known();
    if (response.writableEnded) return;
    response.write(eventOf('update', renderLiveUpdate(first)));
    if (this.#report !== undefined) response.write(eventOf('report', ''));
  }

  #tell(): void {
    if (this.#listeners.size === 0) return;
    const update = eventOf('update', renderLiveUpdate(this.#known()));
    for (const [listener, read] of this.#listeners) {
      // What another process answers may be anything: it costs a browser its connection, and not this run its life.
      if (read) this.#tellBeside(listener, read).catch(() => listener.destroy());
      else listener.write(update);
    }
  }

  async #tellBeside(listener: ServerResponse, read: ReadBeside): Promise<void> {
    const run = await this.#withBeside(read);
    if (this.#listeners.has(listener) && !listener.writableEnded)
      listener.write(eventOf('update', renderLiveUpdate(run)));
  }

  async #withBeside(read: ReadBeside | undefined): Promise<LiveRun> {
    const beside = await read?.();
    return { ...this.#known(), ...(beside && { beside }) };
  }

  #send(event: string, data: unknown): void {
    for (const listener of this.#listeners.keys()) listener.write(eventOf(event, data));
  }

  #known(): LiveRun {
    const { name, target, others } = this.#options;
    return {
      ...this.#state,
      name,
      target,
      others: others.map(({ title }, index) => ({ title, address: `?beside=${index}` })),
    };
  }

  /** The runs that go on beside this one, by what their address has. */
  async #goingOn(): Promise<{ key: string; title: string; read: ReadBeside }[]> {
    const { among } = this.#options;
    const runs = among ? await listGoingOn(among.results, among.runId) : [];
    return runs.map(({ runId, name, read }) => {
      const title = `${name}, ${runId} (goes on)`;
      return {
        ...{ key: `live-${runId}`, title },
        read: async () => ({ title, samples: await read(), isGoingOn: true }),
      };
    });
  }

  #reads(
    beside: string | null,
    goingOn: readonly { readonly key: string; readonly read: ReadBeside }[],
  ): ReadBeside | undefined {
    if (beside === null) return undefined;
    const other = /^\d{1,3}$/.test(beside) ? this.#options.others[Number(beside)] : undefined;
    if (other) return async () => ({ title: other.title, samples: (await other.read()).series });
    return goingOn.find(({ key }) => key === beside)?.read;
  }
}

const eventOf = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

function refuse(response: ServerResponse, status: 403 | 404): void {
  response.writeHead(status).end();
}

/** In a time that says nothing of how much was right. */
function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
