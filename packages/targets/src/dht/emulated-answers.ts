import type { EmulatedResponse } from '@loadwright/core/testing';
import type { EmulatorOptions } from './emulator-options.js';
import type { Ring, RingNode } from './ring.js';

/** De Bruijn neighbours that a Koorde node needs to be ready, and the degree of the graph that it strives for. */
const deBruijnDegree = 8;

/** Errors are plain text with a line break, as Go's `http.Error` writes them. */
export function text(status: number, message: string): EmulatedResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `${message}\n` };
}

/** What a node says on `/health`. */
export function health(node: RingNode, nodes: number, options: EmulatorOptions): EmulatedResponse {
  const { successors, deBruijn } = neighbours(nodes, options);
  const healthy = options.state === 'READY';
  return {
    status: healthy ? 200 : 503,
    body: {
      healthy,
      status: options.state,
      node_id: `0x${node.id}`,
      details: {
        protocol: options.protocol,
        successor_ready: options.state !== 'NOT_INITIALIZED',
        successor_count: successors,
        de_bruijn_ready: options.state !== 'DEBRUIJN_NOT_READY',
        de_bruijn_count: deBruijn,
        required_de_bruijn: deBruijnDegree,
      },
    },
  };
}

/** What a node says on `/metrics`. */
export function metrics(node: RingNode, ring: Ring, options: EmulatorOptions): EmulatedResponse {
  const { successors, deBruijn } = neighbours(ring.nodes.length, options);
  const urls = ring.hotUrls(node);
  return {
    status: 200,
    body: {
      node: { id: `0x${node.id}`, addr: node.address },
      cache: node.cache.metrics(),
      hotspots: { count: urls.length, urls },
      routing: {
        successor_count: successors,
        debruijn_count: deBruijn,
        has_predecessor: successors > 0,
        stats: { protocol: options.protocol },
      },
    },
  };
}

function neighbours(
  nodes: number,
  { protocol, state }: EmulatorOptions,
): { successors: number; deBruijn: number } {
  const others = state === 'NOT_INITIALIZED' ? 0 : nodes - 1;
  const isKoorde = protocol === 'koorde' && state === 'READY';
  return {
    // Nodes of simple know all the others.
    successors: protocol === 'simple' ? others : Math.min(others, deBruijnDegree),
    deBruijn: isKoorde ? Math.min(nodes, deBruijnDegree) : 0,
  };
}
