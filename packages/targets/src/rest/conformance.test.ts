import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { withoutLoads } from '../../test/without-loads.js';
import { rest } from './index.js';

const { example } = rest.definition;

describe('rest with several routes', () => {
  for (const check of withoutLoads(targetConformance(rest))) it(check.name, check.run);
});

describe('rest with a bearer token and one route', () => {
  const options = {
    baseUrl: example.baseUrl,
    authentication: 'bearer' as const,
    route: '/items',
    body: { a: 1 },
  };
  for (const check of withoutLoads(targetConformance(rest, { options }))) it(check.name, check.run);
});
