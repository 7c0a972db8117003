import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { dht } from './index.js';

describe('dht conforms to the contract of targets', () => {
  for (const check of targetConformance(dht)) it(check.name, check.run);
});
