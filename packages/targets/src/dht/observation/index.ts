import type {
  FigurePoint,
  ObservationContext,
  ObservationDefinition,
  ServiceEvent,
  ServiceReading,
} from '@loadwright/core/target';
import type { DhtOptions } from '../options.js';
import { compareCounts } from './compare.js';
import { readNode, type NodeState, type RingState } from './node-state.js';

/** Time from one reading to the next: a node that leaves is seen so late at most. */
const intervalSeconds = 2;

/** What the nodes tell of themselves on `/metrics` and `/health`, and how their counts agree with those of the load. */
export const ringObservation: ObservationDefinition<DhtOptions> = {
  figures: {
    nodes: { unit: 'nodes', description: 'nodes that answer, of those that are read' },
    'cache hits': { unit: 'hits/s', description: 'lookups in its cache that found the object' },
    'cache misses': { unit: 'misses/s', description: 'lookups in its cache that found nothing' },
  },
  intervalSeconds,
  read,
  compare: (_, { before, after }, load) =>
    compareCounts(before.state as RingState, after.state as RingState, load),
};

async function read(options: DhtOptions, { signal, previous }: ObservationContext): Promise<ServiceReading> {
  const bases = basesOf(options);
  const earlier = previous?.state as RingState | undefined;
  const states = await Promise.all(
    [...bases].map(async ([name, base]) => [name, await readNode(base, earlier?.get(name), signal)] as const),
  );
  signal.throwIfAborted();
  const state: RingState = new Map(states);
  const at = Date.now();
  return {
    state,
    points: [
      {
        ...{ figure: 'nodes', at, seconds: 2 * intervalSeconds },
        value: states.filter(([, { isUp }]) => isUp).length,
      },
      ...states.flatMap(([name, node]) => rates(name, node, earlier?.get(name))),
    ],
    events: states.flatMap(([name, node]) => changes(name, node, earlier?.get(name))),
    problems: [...state].flatMap(([name, { isSeveral }]) =>
      isSeveral
        ? [
            `${name} leads to several nodes: name each of them with nodes, so that their counts can be compared.`,
          ]
        : [],
    ),
  };
}

function basesOf(options: DhtOptions): Map<string, string> {
  const { baseUrl, nodes = options.entryNodes } = options;
  const { host, pathname } = new URL(baseUrl);
  const path = pathname.replace(/\/+$/, '');
  if (!nodes) return new Map([[host, baseUrl.replace(/\/+$/, '')]]);
  return new Map(nodes.map((node) => [node, `http://${node}${path}`]));
}

/** Of the time since the reading before. */
function rates(name: string, now: NodeState, before: NodeState | undefined): FigurePoint[] {
  if (!before?.isUp || !now.isUp || now.restarts !== before.restarts) return [];
  const seconds = (now.at - before.at) / 1000;
  if (seconds <= 0) return [];
  const point = { part: now.name ?? name, at: before.at, seconds };
  return [
    { ...point, figure: 'cache hits', value: (now.hits - before.hits) / seconds },
    { ...point, figure: 'cache misses', value: (now.misses - before.misses) / seconds },
  ];
}

function changes(address: string, now: NodeState, before: NodeState | undefined): ServiceEvent[] {
  if (!before) return [];
  const said = (text: string, mark?: string): ServiceEvent[] => [
    {
      ...{ at: now.at, text: `Node ${labelOf(address, now)} ${text}` },
      ...(mark !== undefined && { mark: `${now.name ?? address} ${mark}` }),
    },
  ];
  if (before.isUp && !now.isUp) return said(`left: ${now.problem ?? 'it does not answer'}.`, 'left');
  if (!before.isUp && now.isUp) return said('joined: it answers.', 'joined');
  if (now.restarts > before.restarts) return said('was restarted: its counts began anew.', 'restarted');
  if (now.isUp && now.status !== before.status) return said(`is ${now.status}, and was ${before.status}.`);
  return [];
}

function labelOf(address: string, { name }: NodeState): string {
  return name === undefined || name === address ? address : `${name} (${address})`;
}
