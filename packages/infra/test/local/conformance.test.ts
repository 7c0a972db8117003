import { fleetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { localFleet } from '../../src/local/index.js';
import { locust, provisionRequest } from './provision-request.js';

describe('the local fleet conforms', { timeout: 180_000 }, () => {
  for (const check of fleetConformance(() => localFleet({ locust }), { provisionRequest })) {
    it(check.name, check.run);
  }
});
