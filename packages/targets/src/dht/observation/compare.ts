import { createHash } from 'node:crypto';
import type { ComparedCount, CountComparison, LoadCounts } from '@loadwright/core/target';
import type { NodeState, RingState } from './node-state.js';

/** A node before and after the load. */
interface Pair {
  readonly label: string;
  /** Answers of the load that it was responsible for. */
  readonly load: number;
  readonly hits: number;
  readonly misses: number;
  /** Why its counts are not whole; undefined: they are. */
  readonly gap: string | undefined;
}

/**
 * Holds the counters of the load against those of the nodes. Each answer that says hit or miss stands for one lookup in the cache
 * of the node that is responsible, so no node can have done fewer. It may have done more: for requests that failed, for a hot URL
 * of another node, for other clients.
 */
export function compareCounts(before: RingState, after: RingState, load: LoadCounts): CountComparison {
  const { counters } = load;
  const count = (name: string) => counters[name] ?? 0;
  const pairs = [...after].map(([address, now]) => pairOf(address, before.get(address), now, counters));
  const sum = (pick: (pair: Pair) => number) => pairs.reduce((total, pair) => total + pick(pair), 0);
  const totals: ComparedCount[] = [
    { name: 'cache hits', load: count('hit_local') + count('hit_remote'), service: sum(({ hits }) => hits) },
    {
      name: 'cache misses',
      load: count('miss_origin') + count('miss_hot'),
      service: sum(({ misses }) => misses),
    },
  ];
  const lookups = totals.reduce((total, each) => total + each.load, 0);
  const byNode = pairs.map(({ label, load: own, hits, misses }): ComparedCount => ({
    ...{ name: 'requests by node', part: label },
    ...{ load: own, service: hits + misses },
  }));
  // What belongs to nodes that nobody reads is in the counts of the load alone.
  const isWhole = pairs.every(({ gap }) => gap === undefined) && sum((pair) => pair.load) === lookups;
  const contradictions = [
    ...(isWhole ? totals : []),
    ...byNode.filter((_, index) => pairs[index]!.gap === undefined),
  ]
    .filter((each) => each.load > each.service)
    .map(
      ({ name, part, load: own, service }) =>
        `The load counted ${own} ${name}${part === undefined ? '' : `, ${part}`}, and the ring itself ${service}: ` +
        'something else has answered, or other nodes are read than the load reaches.',
    );
  return {
    counts: [...(isWhole ? totals : []), ...byNode],
    contradictions,
    differences: [
      ...pairs.flatMap(({ label, gap }) => (gap === undefined ? [] : [`Counts of node ${label}: ${gap}`])),
      ...(isWhole
        ? surplus(sum(({ hits, misses }) => hits + misses) - lookups, load)
        : unread(pairs, lookups)),
    ],
  };
}

function pairOf(
  address: string,
  before: NodeState | undefined,
  now: NodeState,
  counters: Readonly<Record<string, number>>,
): Pair {
  const names = new Set([now.name, now.id].filter((name) => name !== undefined).map(counterOf));
  const base = before?.isUp && now.restarts === before.restarts ? before : { hits: 0, misses: 0 };
  return {
    label: now.name ?? address,
    load: [...names].reduce((total, name) => total + (counters[name] ?? 0), 0),
    hits: now.hits - base.hits,
    misses: now.misses - base.misses,
    gap: gapOf(before, now),
  };
}

function gapOf(before: NodeState | undefined, now: NodeState): string | undefined {
  if (now.isSeveral) return 'the address leads to several nodes, so they were not compared.';
  if (!now.isUp) return 'it left during the load, and what it counted after it was last read is lost.';
  if (!before?.isUp) return 'it joined during the load, so they were taken to begin at 0.';
  if (now.restarts > before.restarts) return 'it was restarted, and what it had counted before is lost.';
  return now.losses > before.losses ? 'it did not answer for some time.' : undefined;
}

/** More lookups than answers: as many as these may be of the load itself. */
function surplus(more: number, { counters, requests }: LoadCounts): string[] {
  const failed = requests.reduce((total, request) => total + request.failed, 0);
  const hot = counters['miss_hot'] ?? 0;
  const unknown = counters['unknown'] ?? 0;
  const again = counters['retried_idle'] ?? 0;
  const most = failed + hot + unknown + again;
  if (more <= most) return [];
  return [
    `The nodes looked up ${more} URLs more than the load has answers for, of which ${failed} failed requests, ${hot} hot ` +
      `ones, ${unknown} unknown ones and ${again} that were sent again explain no more than ${most}: another client uses the ring, or nodes look into ` +
      'their own cache before they pass a request on.',
  ];
}

function unread(pairs: readonly Pair[], lookups: number): string[] {
  const read = pairs.reduce((total, { load }) => total + load, 0);
  if (read === lookups) return [];
  return [
    `${lookups - read} of ${lookups} answers are of nodes that were not read, so hits and misses of the whole ring were not compared: ` +
      'name every node with nodes.',
  ];
}

const longestName = 40;

/** As the workers name the counter of a node. */
function counterOf(node: string): string {
  const kind = /^.*[^:]:\d+$/.test(node) ? '' : 'id_';
  const text = node
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (text.length <= longestName) return `responsible_node_${kind}${text}`;
  const digest = createHash('sha256').update(node).digest('hex').slice(0, 8);
  return `responsible_node_${kind}${text.slice(0, longestName - digest.length - 1)}_${digest}`;
}
