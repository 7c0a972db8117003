import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { withoutLoads } from '../../test/without-loads.js';
import { dht } from './index.js';

describe('dht conforms to the contract of targets', () => {
  for (const check of withoutLoads(targetConformance(dht))) it(check.name, check.run);
});
