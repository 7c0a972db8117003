import type { PreflightAnswer } from '@loadwright/core/target';
import {
  capacityOptionsSchema,
  runPreflight,
  startLoopbackEndpoint,
  type EmulatedRequest,
} from '@loadwright/core/testing';
import { describe, expect, it } from 'vitest';
import { answered, answering, unanswered, type FixedAnswer } from '../../test/answered.js';
import { chalice } from './index.js';
import { chaliceOptionsSchema, type ChaliceInput } from './options.js';
import { chalicePreflight } from './preflight.js';

const baseUrl = 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/api';

/** A preflight whose request gets a fixed answer. */
function preflight(answer: FixedAnswer | PreflightAnswer, input: Partial<ChaliceInput> = {}) {
  const options = chaliceOptionsSchema.parse({ baseUrl, ...input });
  return chalicePreflight(options, { request: answering('status' in answer ? answered(answer) : answer) });
}

describe('preflight', () => {
  it('sends one request of the load, with a generated body and its credentials', async () => {
    const seen: EmulatedRequest[] = [];
    const endpoint = await startLoopbackEndpoint({
      capacity: capacityOptionsSchema.parse({ serviceTime: '1ms' }),
      answer: (request) => {
        seen.push(request);
        return { status: 200 };
      },
      throttled: () => ({ status: 500 }),
    });
    const options = chaliceOptionsSchema.parse({
      baseUrl: `${endpoint.url}/api`,
      body: { distance: { $choice: [2] } },
      headers: { 'x-a': 'b' },
      route: '/price?fast=1',
      apiKey: 'CANARYKEY',
      bearerToken: 'CANARYTOKEN',
    });
    const context = { environment: {}, baseDirectory: '.', signal: new AbortController().signal };
    const report = await runPreflight(chalice.definition, options, context).finally(endpoint.stop);
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

  it.each<[number, object | string, string, RegExp]>([
    [401, { message: 'Unauthorized' }, 'CREDENTIALS_INVALID', /LOADWRIGHT_CHALICE_BEARER_TOKEN/],
    [403, { message: 'Forbidden' }, 'CREDENTIALS_INVALID', /LOADWRIGHT_CHALICE_API_KEY/],
    [403, { message: 'Missing Authentication Token' }, 'PREFLIGHT_FAILED', /no such route/],
    [404, { Code: 'NotFoundError', Message: 'no' }, 'PREFLIGHT_FAILED', /route \(\/evaluate\)/],
    [405, '', 'PREFLIGHT_FAILED', /method \(POST\)/],
    [400, { Code: 'BadRequestError', Message: 'distance' }, 'PREFLIGHT_FAILED', /option body/],
    [415, { Code: 'UnsupportedMediaType' }, 'PREFLIGHT_FAILED', /contentType/],
    [424, { Code: 'ModelError', Message: 'no' }, 'PREFLIGHT_FAILED', /model behind/],
    [429, { message: 'Too Many Requests' }, 'PREFLIGHT_FAILED', /limit/],
    [500, { Code: 'InternalServerError' }, 'PREFLIGHT_FAILED', /missing Content-Type/],
    [504, { message: 'Endpoint request timed out' }, 'PREFLIGHT_FAILED', /gives up after 29 s/],
    [530, { Code: 'InternalDependency' }, 'PREFLIGHT_FAILED', /try again/],
    [302, '<html>', 'PREFLIGHT_FAILED', /expect.status/],
  ])('explains %i %j', async (status, body, code, hint) => {
    const answer = { status, body, headers: { location: '/login' } };
    await expect(preflight(answer)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`answered ${status}, but expect.status allows 200`),
      hint: expect.stringMatching(hint),
    });
  });

  it("says what the load's check says", async () => {
    const failure = { kind: 'check', reason: 'check of /price: no such value' };
    await expect(preflight({ status: 200, body: { cost: 1 }, failure })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('answered, but check of /price: no such value: {"cost":1}'),
      hint: expect.stringContaining('expect'),
    });
  });

  it.each([401, 403])('explains %i where tokens come from a user pool', async (status) => {
    const cognito = { clientId: 'client1', domain: 'https://shop.auth.eu-west-1.amazoncognito.com' };
    await expect(preflight({ status, body: { message: 'Unauthorized' } }, { cognito })).rejects.toMatchObject(
      {
        code: 'CREDENTIALS_INVALID',
        hint: expect.stringMatching(/cognito\.scopes.*cognito\.tokenType, now access/),
      },
    );
  });

  it('explains that there is no answer in time', async () => {
    await expect(preflight(unanswered('timeout', 'time-out after 32 s'))).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('did not answer in time'),
      retryable: true,
    });
  });

  it("waits for the gateway's own 504, and notes a time-out that is far beyond it", async () => {
    expect(chaliceOptionsSchema.parse({ baseUrl }).timeout).toBe('32s');
    expect((await preflight({ status: 200 })).notes).toEqual([]);
    expect((await preflight({ status: 200 }, { timeout: '2m' })).notes).toEqual([
      expect.stringContaining('longer than API Gateway waits (29 s'),
    ]);
    const local = { baseUrl: 'http://127.0.0.1:8000', timeout: '2m' };
    expect((await preflight({ status: 200 }, local)).notes).toEqual([]);
  });
});
