import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { withoutLoads } from '../../test/without-loads.js';
import { databricks } from './index.js';

describe('databricks conforms to the contract of targets', () => {
  for (const check of withoutLoads(targetConformance(databricks, { scaledEmulator: { updateTime: '1ms' } })))
    it(check.name, check.run);
});
