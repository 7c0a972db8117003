import { createHash } from 'node:crypto';
import { NodeCache } from './node-cache.js';
import type { DhtOptions } from './options.js';

/** One node of the emulated ring. */
export interface RingNode {
  /** Place on the ring: SHA-1 of the address, in hexadecimal. */
  readonly id: string;
  /** Host and gRPC port, made up. */
  readonly address: string;
  readonly cache: NodeCache;
  /** How often it missed each URL that it is responsible for. */
  readonly misses: Map<string, number>;
  /** Requests of clients that it took. */
  entered: number;
}

/** What a node's answer says about where the object came from. */
export interface Lookup {
  /** Headers of the answer, as the real nodes write them. */
  readonly headers: Record<string, string>;
  /** False when an origin, or another node, was asked and failed. */
  readonly found: boolean;
  /** Why it was not found. */
  readonly problem?: string;
  /** What a node asked the origin for, and which one. */
  readonly fetched?: { readonly url: string; readonly by: RingNode };
}

/** What an emulated ring is made of. */
export interface RingOptions {
  readonly protocol: DhtOptions['protocol'];
  readonly nodes: number;
  readonly cacheBytes: number;
  readonly objectBytes: number;
  readonly hotMisses: number;
  readonly originFails: boolean;
  /** Nodes encode a URL again when they pass it on. */
  readonly reencodes: boolean;
}

/**
 * A ring of nodes that share URLs by consistent hashing: a URL belongs to the first node at or after its SHA-1. Every
 * node knows every other; lookups are not emulated. With `simple` it belongs to the node of its SHA-1 modulo their number.
 *
 * After a node has left or joined, the others act on who there was before until {@link settle}: what belonged to one that left
 * fails, and what belongs to a new one is passed on to it by the node that had it, as a real ring does before it is stable.
 *
 * Like the real nodes, a node that passes a request on keeps a copy of the answer but never serves that copy unless
 * it is responsible itself. Unlike the real ones, which reckon a rate, a URL is hot as soon as its node has missed it
 * `hotMisses` times; then the node that follows is asked instead of the origin, and answers by itself.
 */
export class Ring {
  /** How often a node has asked another one. */
  passedOn = 0;
  #nodes: readonly RingNode[] = [];
  /** Those that the nodes know of. */
  #known: readonly RingNode[];
  #made = 0;
  readonly #options: RingOptions;

  constructor(options: RingOptions) {
    this.#options = options;
    for (let index = 0; index < options.nodes; index += 1) this.join();
    this.#known = this.#nodes;
  }

  /** Those that answer, in the order of the ring. */
  get nodes(): readonly RingNode[] {
    return this.#nodes;
  }

  join(): RingNode {
    const { protocol, cacheBytes, objectBytes } = this.#options;
    const index = this.#made++;
    const address = `10.0.${index >> 8}.${index & 255}:4000`;
    const cache = new NodeCache(cacheBytes, objectBytes);
    const node: RingNode = { id: sha1(address), address, cache, misses: new Map(), entered: 0 };
    const by = protocol === 'simple' ? 'address' : 'id';
    this.#nodes = [...this.#nodes, node].sort((one, other) => (one[by] < other[by] ? -1 : 1));
    return node;
  }

  /** It answers nobody any more. */
  leave(left: RingNode): void {
    this.#nodes = this.#nodes.filter((node) => node !== left);
  }

  /** All nodes know who is there. */
  settle(): void {
    this.#known = this.#nodes;
  }

  /** The node that a URL belongs to. */
  responsibleFor(url: string, nodes = this.#nodes): RingNode {
    const id = sha1(url);
    if (this.#options.protocol === 'simple') return nodes[Number(BigInt(`0x${id}`) % BigInt(nodes.length))]!;
    return nodes.find((node) => node.id >= id) ?? nodes[0]!;
  }

  /** What `GET /cache?url=` answers when it enters the ring at a node. */
  lookUp(url: string, entry: RingNode): Lookup {
    entry.entered += 1;
    const expected = this.responsibleFor(url, this.#known);
    if (!this.#nodes.includes(expected)) return { found: false, headers: {}, problem: 'proxy failed' };
    const owner = this.responsibleFor(url);
    if (owner === entry) return this.#own(url, owner);
    const passed = this.#options.reencodes ? url : asRead(url);
    const isKnown = expected === owner || expected === entry;
    const answer = isKnown
      ? this.#own(passed, owner)
      : this.#passOn(passed, expected, owner, 'MISS-DHT', this.#own(passed, owner));
    return this.#passOn(url, entry, isKnown ? owner : expected, 'MISS-DHT', answer);
  }

  /** URLs that a node holds to be hot. */
  hotUrls(node: RingNode): string[] {
    return [...node.misses].filter(([, misses]) => misses > this.#options.hotMisses).map(([url]) => url);
  }

  #own(url: string, node: RingNode): Lookup {
    if (node.cache.has(url)) return local(node, 'HIT-LOCAL');
    const misses = (node.misses.get(url) ?? 0) + 1;
    node.misses.set(url, misses);
    const helper = this.#nodes[(this.#nodes.indexOf(node) + 1) % this.#nodes.length]!;
    if (misses <= this.#options.hotMisses || helper === node) return this.#fetch(url, node);
    const answer = helper.cache.has(url) ? local(helper, 'HIT-LOCAL') : this.#fetch(url, helper);
    return this.#passOn(url, node, helper, 'MISS-HOT', answer);
  }

  #fetch(url: string, node: RingNode): Lookup {
    if (this.#options.originFails) return { found: false, headers: {} };
    node.cache.store(url);
    return { ...local(node, 'MISS-ORIGIN'), fetched: { url, by: node } };
  }

  #passOn(url: string, from: RingNode, to: RingNode, cache: string, answer: Lookup): Lookup {
    const { found, headers } = answer;
    this.passedOn += 1;
    if (found) from.cache.store(url);
    return {
      ...answer,
      headers: {
        'X-Cache': cache,
        ...(headers['X-Cache'] && { 'X-Cache-Origin': headers['X-Cache'] }),
        'X-Responsible-Node': to.address,
        'X-Entry-Node': from.address,
      },
    };
  }
}

/** What a node reads as the parameter `url` where another one wrote the URL there as it is. */
function asRead(url: string): string {
  return new URLSearchParams(`url=${url.split('#', 1)[0]}`).get('url')!;
}

function local(node: RingNode, cache: string): Lookup {
  return { found: true, headers: { 'X-Cache': cache, 'X-Node-ID': `0x${node.id}` } };
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
