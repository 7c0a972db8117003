import { targetConformance } from '@loadwright/core/testing';
import { describe, it } from 'vitest';
import { chalice } from './index.js';

const options = chalice.definition.example;
describe('chalice, open', () => {
  for (const check of targetConformance(chalice)) it(check.name, check.run);
});

describe('chalice with an API key', () => {
  const withKey = { ...options, authentication: 'api-key' as const };
  for (const check of targetConformance(chalice, { options: withKey })) it(check.name, check.run);
});

describe('chalice with a bearer token', () => {
  const withToken = { ...options, authentication: 'bearer' as const };
  for (const check of targetConformance(chalice, { options: withToken })) it(check.name, check.run);
});
