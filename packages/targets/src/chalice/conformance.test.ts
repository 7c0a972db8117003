import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { withoutLoads } from '../../test/without-loads.js';
import { chalice } from './index.js';

const options = { ...chalice.definition.example, authentication: 'api-key' as const };

// The code is that of rest, whose conformance is shown open and with a bearer token.
describe('chalice with an API key', () => {
  for (const check of withoutLoads(targetConformance(chalice, { options }))) it(check.name, check.run);
});
