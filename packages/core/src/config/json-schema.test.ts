import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTarget } from '../target/define-target.js';
import { configJsonSchema } from './json-schema.js';

const definition = defineTarget({
  specificationVersion: 1,
  kind: 'demo',
  summary: 'a test',
  options: z.strictObject({ url: z.string(), payload: z.json().optional() }),
  example: { url: 'http://127.0.0.1' },
  locustfile: new URL('file:///locustfile.py'),
  host: ({ url }) => url,
  targetConfig: () => ({}),
}).definition;

/** The same rules, read back by a library that knows nothing of how they were written. */
const schema = z.fromJSONSchema(configJsonSchema([definition]) as Parameters<typeof z.fromJSONSchema>[0]);
const target = { kind: 'demo', url: 'http://a', payload: { a: [1, { b: null }] } };

describe('configJsonSchema', () => {
  it.each([
    { target },
    {
      $schema: './schema.json',
      target,
      load: { users: 1, duration: '1m' },
      workers: 2,
      name: 'x',
      results: 'out',
    },
    { target, load: { stages: [{ users: 1, duration: '1m' }] }, thresholds: { a: ['rate<1'] } },
    { target, load: { profile: 'ramp', users: 1, duration: '1m' }, fleet: { kind: 'local', more: 1 } },
    { target, load: { arrivalRate: '500/s', duration: '1m' } },
    { target, load: { stages: [{ arrivalRate: '500/s', duration: '1m' }] } },
    { target: { kind: 'loadwright-target-x', anything: 1 } },
  ])('accepts %j', (config) => {
    expect(schema.safeParse(config).error).toBeUndefined();
  });

  it.each([
    {},
    { target: { url: 'http://a' } },
    { target: { kind: 'demo' } },
    { target: { kind: 'demo', url: 'http://a', uri: 1 } },
    { target, worker: 1 },
    { target, workers: 0 },
    { target, load: { users: 1 } },
    { target, load: { users: 1, arrivalRate: '1/s', duration: '1m' } },
    { target, load: { profile: 'wave', users: 1, duration: '1m' } },
    { target, fleet: {} },
    { target, name: '../x' },
  ])('refuses %j', (config) => {
    expect(schema.safeParse(config).success).toBe(false);
  });
});
