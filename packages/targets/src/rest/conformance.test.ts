import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { flowOptions } from '../../test/flow-options.js';
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

describe('rest with flows and a route', () => {
  for (const check of withoutLoads(targetConformance(rest, { options: flowOptions })))
    it(check.name, check.run);
});

describe('rest with a user of Cognito', () => {
  const cognito = { clientId: 'client1', username: 'someone', region: 'eu-west-1', tokenType: 'id' as const };
  const options = { baseUrl: example.baseUrl, cognito, route: '/items', body: { a: 1 } };
  // No option that is a secret goes with it.
  const optionsWithSecret = (bearerToken: string) => [{ ...options, cognito: undefined, bearerToken }];
  for (const check of withoutLoads(targetConformance(rest, { options, optionsWithSecret })))
    it(check.name, check.run);
});
