import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { dht } from './index.js';

describe('dht conforms to the contract of targets', () => {
  const loads = {
    'a mix': {
      options: { mix: { cache: 2, health: 1, metrics: 1 } },
      metrics: ['cache_hit', 'node_latency'],
      names: ['cache', 'health', 'metrics'],
    },
  };
  for (const check of targetConformance(dht, { loads })) it(check.name, check.run);
});
