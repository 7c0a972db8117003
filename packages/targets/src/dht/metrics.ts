import type { TargetDefinition } from '@loadwright/core/target';

const counter = (description: string) => ({ kind: 'counter' as const, unit: '', description });

const noAddress =
  'its address is not known. Name every node with nodes, so that each is counted under its address';

/** What the Python files measure, from the headers of the ring. */
export const ringMetrics: NonNullable<TargetDefinition['metrics']> = {
  cache_hit: {
    kind: 'rate',
    unit: '',
    description: 'share of the answers that came from a cache, of those whose headers say whether they did',
  },
  hit_local: counter('the node that was asked is responsible, and had the object'),
  hit_remote: counter('another node is responsible, and had the object'),
  miss_origin: counter('the object was fetched from the origin'),
  miss_hot: counter('the URL is so much in demand that its node passed the request on'),
  unknown: counter(
    'a success whose headers say neither hit nor miss: passed on more than once, or not from a node',
  ),
  'entry_node_*': counter('answers by the node that was asked, by its address'),
  'entry_node_id_*': counter(`answers by the id of the node that was asked, where ${noAddress}`),
  'responsible_node_*': counter('answers by the node that the URL belongs to, by its address'),
  'responsible_node_id_*': counter(
    `answers by the id of the node that the URL belongs to, where ${noAddress}`,
  ),
  hops: { kind: 'trend', unit: '', description: 'how often nodes passed a request on; two at most are seen' },
  node_latency: { kind: 'trend', unit: 'ms', description: 'what the node says that it took: X-Latency-Ms' },
};
