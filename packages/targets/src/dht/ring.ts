import { createHash } from 'node:crypto';
import { NodeCache } from './node-cache.js';

/** One node of the emulated ring. */
export interface RingNode {
  /** Place on the ring: SHA-1 of the address, in hexadecimal. */
  readonly id: string;
  /** Host and gRPC port, made up. */
  readonly address: string;
  readonly cache: NodeCache;
  /** How often it missed each URL that it is responsible for. */
  readonly misses: Map<string, number>;
}

/** What a node's answer says about where the object came from. */
export interface Lookup {
  /** Headers of the answer, as the real nodes write them. */
  readonly headers: Record<string, string>;
  /** False when an origin was asked and failed. */
  readonly found: boolean;
}

/** What an emulated ring is made of. */
export interface RingOptions {
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
 * node knows every other; hops are not emulated.
 *
 * Like the real nodes, a node that passes a request on keeps a copy of the answer but never serves that copy unless
 * it is responsible itself. Unlike the real ones, which reckon a rate, a URL is hot as soon as its node has missed it
 * `hotMisses` times; then the node that follows is asked instead of the origin, and answers by itself.
 */
export class Ring {
  readonly nodes: readonly RingNode[];
  readonly #options: RingOptions;

  constructor(options: RingOptions) {
    this.#options = options;
    this.nodes = Array.from({ length: options.nodes }, (_, index) => `10.0.${index >> 8}.${index & 255}:4000`)
      .map((address) => ({
        id: sha1(address),
        address,
        cache: new NodeCache(options.cacheBytes, options.objectBytes),
        misses: new Map<string, number>(),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The node that a URL belongs to. */
  responsibleFor(url: string): RingNode {
    const id = sha1(url);
    return this.nodes.find((node) => node.id >= id) ?? this.nodes[0]!;
  }

  /** What `GET /cache?url=` answers when it enters the ring at a node. */
  lookUp(url: string, entry: RingNode): Lookup {
    const owner = this.responsibleFor(url);
    if (owner === entry) return this.#own(url, owner);
    const passed = this.#options.reencodes ? url : asRead(url);
    return this.#passOn(url, entry, owner, 'MISS-DHT', this.#own(passed, owner));
  }

  /** URLs that a node holds to be hot. */
  hotUrls(node: RingNode): string[] {
    return [...node.misses].filter(([, misses]) => misses > this.#options.hotMisses).map(([url]) => url);
  }

  #own(url: string, node: RingNode): Lookup {
    if (node.cache.has(url)) return local(node, 'HIT-LOCAL');
    const misses = (node.misses.get(url) ?? 0) + 1;
    node.misses.set(url, misses);
    const helper = this.nodes[(this.nodes.indexOf(node) + 1) % this.nodes.length]!;
    if (misses <= this.#options.hotMisses || helper === node) return this.#fetch(url, node);
    const answer = helper.cache.has(url) ? local(helper, 'HIT-LOCAL') : this.#fetch(url, helper);
    return this.#passOn(url, node, helper, 'MISS-HOT', answer);
  }

  #fetch(url: string, node: RingNode): Lookup {
    if (this.#options.originFails) return { found: false, headers: {} };
    node.cache.store(url);
    return local(node, 'MISS-ORIGIN');
  }

  #passOn(url: string, from: RingNode, to: RingNode, cache: string, { found, headers }: Lookup): Lookup {
    if (found) from.cache.store(url);
    return {
      found,
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
