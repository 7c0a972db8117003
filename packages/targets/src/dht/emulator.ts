import type { Emulator, EmulatorDefinition } from '@loadwright/core/target';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
} from '@loadwright/core/testing';
import { z } from 'zod';
import { Ring, type RingNode } from './ring.js';

const emulatorOptionsSchema = capacityOptionsSchema
  .extend({
    protocol: z.enum(['koorde', 'chord']).default('koorde').describe('what /health and /metrics say'),
    nodes: z.int().min(1).max(1000).default(4).describe('nodes of the ring'),
    cacheBytes: z
      .int()
      .min(0)
      .default(64 * 1024 * 1024)
      .describe('capacity of the cache of each node, in bytes'),
    objectBytes: z
      .int()
      .min(1)
      .max(16 * 1024 * 1024)
      .default(1024)
      .describe('size of every object of the origin, in bytes'),
    hotMisses: z
      .int()
      .min(1)
      .default(10)
      .describe('a URL that its node has missed more often than this is hot: another node is asked for it'),
    reencodes: z
      .boolean()
      .default(false)
      .describe(
        'nodes encode a URL again when they pass it on. The original nodes do not, and cut it off at & and #',
      ),
    state: z
      .enum(['READY', 'NOT_INITIALIZED', 'DEBRUIJN_NOT_READY'])
      .default('READY')
      .describe('what /health says; when it is not READY, /cache fails as well'),
    originFails: z
      .boolean()
      .default(false)
      .describe('the origin never answers, so that every miss ends in 502'),
  })
  .refine(({ protocol, state }) => protocol === 'koorde' || state !== 'DEBRUIJN_NOT_READY', {
    path: ['state'],
    error: 'DEBRUIJN_NOT_READY is a state of koorde only; chord has no de Bruijn graph',
  });

type EmulatorInput = z.input<typeof emulatorOptionsSchema>;
type EmulatorOptions = z.output<typeof emulatorOptionsSchema>;

/**
 * A ring of nodes behind a load balancer that takes them in turn. The origin is inside: it answers every URL with an
 * object of the same size, and no request ever leaves the emulator. The queue belongs to the whole cluster, and a
 * request takes the same service time whether it is a hit or a miss.
 */
export const dhtEmulator: EmulatorDefinition<EmulatorInput, EmulatorOptions> = {
  options: emulatorOptionsSchema,
  start,
};

async function start(options: EmulatorOptions): Promise<Emulator> {
  const ring = new Ring(options);
  const object = Buffer.alloc(options.objectBytes, 'x');
  let turn = 0;
  const nextNode = () => ring.nodes[turn++ % ring.nodes.length]!;
  const arrivals = new WeakMap<EmulatedRequest, number>();
  const endpoint = await startLoopbackEndpoint({
    capacity: options,
    check: (request) => {
      arrivals.set(request, performance.now());
      return check(request, ring, nextNode, options);
    },
    answer: (request) => {
      const { found, headers } = ring.lookUp(request.query.get('url')!, nextNode());
      if (!found) return text(502, 'failed to fetch from origin: origin request failed');
      const latency = (performance.now() - arrivals.get(request)!).toFixed(2);
      return {
        status: 200,
        headers: { 'Content-Type': 'text/plain', ...headers, 'X-Latency-Ms': latency },
        body: object,
      };
    },
    throttled: () => routingFailed(options),
  });
  return {
    url: endpoint.url,
    targetOptions: { baseUrl: endpoint.url, protocol: options.protocol },
    environment: {},
    statistics: endpoint.statistics,
    stop: endpoint.stop,
  };
}

function check(
  request: EmulatedRequest,
  ring: Ring,
  nextNode: () => RingNode,
  options: EmulatorOptions,
): EmulatedResponse | undefined {
  switch (request.path) {
    case '/health':
      return health(nextNode(), options);
    case '/metrics':
      return metrics(nextNode(), ring, options);
    case '/cache':
      if (!request.query.get('url')) return text(400, "missing 'url' query parameter");
      if (options.state === 'NOT_INITIALIZED') return text(500, 'node not initialized');
      return options.state === 'READY' ? undefined : routingFailed(options);
    default:
      return text(404, '404 page not found');
  }
}

/** Errors are plain text with a line break, as Go's `http.Error` writes them. */
function text(status: number, message: string): EmulatedResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: `${message}\n` };
}

function routingFailed({ protocol }: EmulatorOptions): EmulatedResponse {
  const name = protocol === 'koorde' ? 'Koorde' : 'Chord';
  return text(503, `${name} routing failed: no responsible node available for key`);
}

/** De Bruijn neighbours that a Koorde node needs to be ready, and the degree of the graph that it strives for. */
const deBruijnDegree = 8;

function neighbours({ nodes, protocol, state }: EmulatorOptions): { successors: number; deBruijn: number } {
  const others = state === 'NOT_INITIALIZED' ? 0 : nodes - 1;
  const isKoorde = protocol === 'koorde' && state === 'READY';
  return {
    successors: Math.min(others, deBruijnDegree),
    deBruijn: isKoorde ? Math.min(nodes, deBruijnDegree) : 0,
  };
}

function health(node: RingNode, options: EmulatorOptions): EmulatedResponse {
  const { successors, deBruijn } = neighbours(options);
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

function metrics(node: RingNode, ring: Ring, options: EmulatorOptions): EmulatedResponse {
  const { successors, deBruijn } = neighbours(options);
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
