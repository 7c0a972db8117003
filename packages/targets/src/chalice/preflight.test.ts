import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
  type LoopbackEndpoint,
} from '@loadwright/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { chaliceOptionsSchema, type ChaliceInput } from './options.js';
import { chalicePreflight } from './preflight.js';

let endpoint: LoopbackEndpoint;
afterEach(() => endpoint.stop());

interface Settings {
  input?: Partial<ChaliceInput>;
  firstPayload?: { json: unknown };
  signal?: AbortSignal;
  seen?: EmulatedRequest[];
}

/** A preflight against a server that always gives the same answer. */
async function preflight(answer: EmulatedResponse | Promise<never>, settings: Settings = {}) {
  endpoint = await startLoopbackEndpoint({
    capacity: capacityOptionsSchema.parse({ serviceTime: '1ms' }),
    answer: (request) => {
      settings.seen?.push(request);
      return answer;
    },
    throttled: () => ({ status: 500 }),
  });
  const options = chaliceOptionsSchema.parse({ baseUrl: `${endpoint.url}/api`, ...settings.input });
  const secrets = { LOADWRIGHT_CHALICE_API_KEY: 'CANARYKEY', LOADWRIGHT_CHALICE_BEARER_TOKEN: 'CANARYTOKEN' };
  return chalicePreflight(options, {
    environment: {},
    baseDirectory: '.',
    signal: settings.signal ?? new AbortController().signal,
    resolvedEnvironment: { variables: secrets },
    firstPayload: settings.firstPayload,
  });
}

describe('preflight', () => {
  it('sends one request of the load, with a body made from the template', async () => {
    const seen: EmulatedRequest[] = [];
    const input = {
      body: { distance: { $uniform: [1, 3] } },
      headers: { 'x-a': 'b' },
      route: '/price?fast=1',
    };
    const report = await preflight({ status: 200 }, { input, seen });
    expect(report.summary).toBe(`POST ${endpoint.url}/api/price?fast=1 answered 200`);
    expect(report.latencyMilliseconds).toBeGreaterThan(0);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      rawTarget: '/api/price?fast=1',
      headers: {
        'x-a': 'b',
        'content-type': 'application/json',
        'x-api-key': 'CANARYKEY',
        authorization: 'Bearer CANARYTOKEN',
      },
    });
    expect(seen[0]?.body.toString()).toBe('{"distance":2}');
  });

  it('sends the first payload, or nothing', async () => {
    const seen: EmulatedRequest[] = [];
    await preflight({ status: 200 }, { firstPayload: { json: { distance: 7 } }, seen });
    await endpoint.stop();
    await preflight({ status: 200 }, { input: { method: 'GET' }, seen });
    expect(seen.map(({ body, method }) => [method, body.toString()])).toEqual([
      ['POST', '{"distance":7}'],
      ['GET', ''],
    ]);
  });

  it.each<[number, object | string, string, RegExp]>([
    [401, { message: 'Unauthorized: CANARYTOKEN' }, 'CREDENTIALS_INVALID', /LOADWRIGHT_CHALICE_BEARER_TOKEN/],
    [403, { message: 'Forbidden' }, 'CREDENTIALS_INVALID', /LOADWRIGHT_CHALICE_API_KEY/],
    [403, { message: 'Missing Authentication Token' }, 'PREFLIGHT_FAILED', /no such route/],
    [404, { Code: 'NotFoundError', Message: 'no' }, 'PREFLIGHT_FAILED', /route \(\/evaluate\)/],
    [405, '', 'PREFLIGHT_FAILED', /method \(POST\)/],
    [400, { Code: 'BadRequestError', Message: 'distance' }, 'PREFLIGHT_FAILED', /option body/],
    [415, { Code: 'UnsupportedMediaType' }, 'PREFLIGHT_FAILED', /contentType/],
    [424, { Code: 'ModelError', Message: 'no' }, 'PREFLIGHT_FAILED', /model behind/],
    [429, { message: 'Too Many Requests' }, 'PREFLIGHT_FAILED', /limit/],
    [500, { Code: 'InternalServerError' }, 'PREFLIGHT_FAILED', /missing Content-Type/],
    [504, { message: 'Endpoint request timed out' }, 'PREFLIGHT_FAILED', /try again/],
    [530, { Code: 'InternalDependency' }, 'PREFLIGHT_FAILED', /try again/],
    [302, '<html>', 'PREFLIGHT_FAILED', /expect.status/],
  ])('explains %i %j', async (status, body, code, hint) => {
    const answer = { status, body, headers: { location: '/login' } };
    const error = await preflight(answer).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(`answered ${status}, but expect.status allows 200`),
      hint: expect.stringMatching(hint),
    });
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('CANARY');
  });

  it('looks into the answer when expect.json says so', async () => {
    const input = { expect: { json: { pointer: '/price', type: 'number' as const } } };
    await preflight({ status: 200, body: { price: 12 } }, { input });
    await endpoint.stop();
    const error = await preflight({ status: 200, body: { cost: 'CANARYTOKEN' } }, { input }).catch(
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('expect.json: /price does not exist'),
      hint: expect.stringContaining('expect.json'),
    });
    expect((error as Error).message).not.toContain('CANARY');
  });

  it('explains that there is no answer in time, and that it was stopped', async () => {
    const never = new Promise<never>(() => {});
    await expect(preflight(never, { input: { timeout: '100ms' } })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('did not answer in time'),
    });
    await endpoint.stop();
    await expect(preflight(never, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});
