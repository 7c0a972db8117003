/** What a node counts about its cache, by the names of its `/metrics`. */
export interface CacheCounts {
  hits: number;
  misses: number;
  evictions: number;
  stores: number;
}

/** The cache of one node: it drops what was not used for longest, and holds objects of one size. */
export class NodeCache {
  readonly #capacity: number;
  readonly #objectBytes: number;
  /** URLs, the least recently used first. */
  readonly #entries = new Set<string>();
  readonly #counts: CacheCounts = { hits: 0, misses: 0, evictions: 0, stores: 0 };

  /** Both in bytes. */
  constructor(capacityBytes: number, objectBytes: number) {
    this.#objectBytes = objectBytes;
    this.#capacity = Math.floor(capacityBytes / objectBytes);
  }

  /** True when the URL is there; it becomes the most recently used. */
  has(url: string): boolean {
    const found = this.#entries.delete(url);
    if (found) this.#entries.add(url);
    this.#counts[found ? 'hits' : 'misses'] += 1;
    return found;
  }

  store(url: string): void {
    if (this.#capacity === 0) return;
    this.#entries.delete(url);
    if (this.#entries.size === this.#capacity) {
      const [oldest] = this.#entries;
      this.#entries.delete(oldest!);
      this.#counts.evictions += 1;
    }
    this.#entries.add(url);
    this.#counts.stores += 1;
  }

  /** Of a URL whose object did not come. */
  forget(url: string): void {
    this.#entries.delete(url);
  }

  /** The member `cache` of `/metrics`. */
  metrics() {
    const { hits, misses } = this.#counts;
    const sizeBytes = this.#entries.size * this.#objectBytes;
    const capacityBytes = this.#capacity * this.#objectBytes;
    return {
      ...this.#counts,
      hit_rate: hits + misses === 0 ? 0 : hits / (hits + misses),
      entry_count: this.#entries.size,
      size_bytes: sizeBytes,
      capacity_bytes: capacityBytes,
      utilization: capacityBytes === 0 ? 0 : sizeBytes / capacityBytes,
    };
  }
}
