import { parseDuration, type EmulatorStatistics } from '@loadwright/core/target';
import type {
  EmulatedRequest,
  EmulatedResponse,
  LoopbackEndpoint,
  LoopbackEndpointOptions,
} from '@loadwright/core/testing';
import { health, metrics, text } from './emulated-answers.js';
import type { EmulatorOptions } from './emulator-options.js';
import { webUrl } from './origin-url.js';
import { Ring, type RingNode } from './ring.js';

/** What a ring counts by itself, of all nodes that it ever had. */
export interface RingCounts {
  readonly nodes: readonly {
    /** As it calls itself. */
    readonly address: string;
    /** Requests of clients that it took. */
    readonly entered: number;
    readonly hits: number;
    readonly misses: number;
  }[];
  /** How often a node has asked another one. */
  readonly passedOn: number;
}

/** How a node, or what stands before all of them, answers. */
type Endpoint = Pick<LoopbackEndpointOptions, 'check' | 'answer' | 'throttled'>;

/** A node with a port of its own. */
interface OpenNode {
  readonly node: RingNode;
  readonly endpoint: LoopbackEndpoint;
}

/** The nodes of an emulated ring and their ports. */
export class EmulatedRing {
  readonly #options: EmulatorOptions;
  readonly #ring: Ring;
  readonly #object: Buffer;
  readonly #all: OpenNode[] = [];
  readonly #settling = new Set<NodeJS.Timeout>();
  #listen!: (endpoint: Endpoint, port: number) => Promise<LoopbackEndpoint>;
  #turn = 0;

  constructor(options: EmulatorOptions) {
    this.#options = options;
    this.#ring = new Ring(options);
    this.#object = Buffer.alloc(options.objectBytes, 'x');
  }

  /** The node whose turn it is. */
  next(): RingNode {
    const { nodes } = this.#ring;
    return nodes[this.#turn++ % nodes.length]!;
  }

  /** Gives each node a port. */
  async open(listen: (endpoint: Endpoint, port: number) => Promise<LoopbackEndpoint>): Promise<void> {
    this.#listen = listen;
    for (const node of this.#ring.nodes) await this.#open(node);
  }

  endpoint(nodeOf: () => RingNode): Endpoint {
    const options = this.#options;
    return {
      check: (request) => this.#check(request, nodeOf),
      answer: (request) => this.#answer(request, nodeOf()),
      throttled: () => routingFailed(options),
    };
  }

  /** Host and port of each node that answers, in the order of the ring. */
  ports(): string[] {
    return this.#ring.nodes.map((node) => {
      const { endpoint } = this.#all.find((open) => open.node === node)!;
      return `127.0.0.1:${endpoint.port}`;
    });
  }

  async leave(index: number): Promise<void> {
    const node = this.#ring.nodes[index];
    if (!node || this.#ring.nodes.length === 1) return;
    this.#ring.leave(node);
    this.#settleLater();
    await this.#all.find((open) => open.node === node)!.endpoint.stop();
  }

  /** @param wanted port of the new node; 0, or one that another joined at: a free one */
  async join(wanted = 0): Promise<string> {
    const isFree = this.#all.every(({ endpoint }) => endpoint.port !== wanted);
    const node = this.#ring.join();
    this.#settleLater();
    const { port } = await this.#open(node, isFree ? wanted : 0);
    return `127.0.0.1:${port}`;
  }

  statistics(): EmulatorStatistics[] {
    return this.#all.map(({ endpoint }) => endpoint.statistics());
  }

  counts(): RingCounts {
    return {
      passedOn: this.#ring.passedOn,
      nodes: this.#all.map(({ node: { address, entered, cache } }) => {
        const { hits, misses } = cache.metrics();
        return { address, entered, hits, misses };
      }),
    };
  }

  async close(): Promise<void> {
    for (const timer of this.#settling) clearTimeout(timer);
    await Promise.all(this.#all.map(({ endpoint }) => endpoint.stop()));
  }

  async #open(node: RingNode, port = 0): Promise<LoopbackEndpoint> {
    const endpoint = await this.#listen(
      this.endpoint(() => node),
      port,
    );
    this.#all.push({ node, endpoint });
    return endpoint;
  }

  #settleLater(): void {
    const timer = setTimeout(
      () => {
        this.#settling.delete(timer);
        // The last change decides: until then the nodes are not of one mind.
        if (this.#settling.size === 0) this.#ring.settle();
      },
      parseDuration(this.#options.settling)! * 1000,
    );
    this.#settling.add(timer);
  }

  #check(request: EmulatedRequest, nodeOf: () => RingNode): EmulatedResponse | undefined {
    const options = this.#options;
    switch (request.path) {
      case '/health':
        return health(nodeOf(), this.#ring.nodes.length, options);
      case '/metrics':
        return metrics(nodeOf(), this.#ring, options);
      case '/cache':
        if (!request.query.get('url')) return text(400, "missing 'url' query parameter");
        if (options.state === 'NOT_INITIALIZED') return text(500, 'node not initialized');
        return options.state === 'READY' ? undefined : routingFailed(options);
      default:
        return text(404, '404 page not found');
    }
  }

  async #answer(request: EmulatedRequest, node: RingNode): Promise<EmulatedResponse> {
    const { found, headers, problem, fetched } = this.#ring.lookUp(request.query.get('url')!, node);
    const failure = found
      ? fetched && (await this.#fetch(fetched.url))
      : (problem ?? 'origin request failed');
    if (failure !== undefined) {
      fetched?.by.cache.forget(fetched.url);
      return text(502, problem ?? `failed to fetch from origin: ${failure}`);
    }
    const latency = (performance.now() - request.receivedAt).toFixed(2);
    return {
      status: 200,
      headers: { 'Content-Type': 'text/plain', ...headers, 'X-Latency-Ms': latency },
      body: this.#object,
    };
  }

  /** Asks the origin where the options say so. @returns why it failed. */
  async #fetch(url: string): Promise<string | undefined> {
    if (!this.#options.fetches) return undefined;
    if (!loopbackHosts.has(webUrl(url)?.hostname ?? '')) return `${url} is not on this machine`;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(originMilliseconds) });
      await answer.arrayBuffer();
      return answer.ok ? undefined : `origin returned status ${answer.status}`;
    } catch {
      return 'origin request failed';
    }
  }
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** As the real nodes. */
const originMilliseconds = 30_000;

function routingFailed({ protocol }: EmulatorOptions): EmulatedResponse {
  // As the nodes spell them; they have no name for simple.
  const name = { koorde: 'Koorde', chord: 'Chord', simple: 'Unknown' }[protocol];
  return text(503, `${name} routing failed: no responsible node available for key`);
}
