import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
  type LoopbackEndpoint,
} from '@loadwright/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { sagemakerOptionsSchema } from './options.js';
import { sagemakerPreflight } from './preflight.js';

let endpoint: LoopbackEndpoint;
afterEach(() => endpoint.stop());

const secrets = {
  AWS_ACCESS_KEY_ID: 'CANARYACCESSKEY',
  AWS_SECRET_ACCESS_KEY: 'CANARYSECRETKEY',
  AWS_SESSION_TOKEN: 'CANARYSESSIONTOKEN',
};

/** A preflight against a server that always gives the same answer. */
async function preflight(answer: EmulatedResponse, input: object = {}, seen: EmulatedRequest[] = []) {
  endpoint = await startLoopbackEndpoint({
    capacity: capacityOptionsSchema.parse({ serviceTime: '1ms' }),
    answer: (request) => {
      seen.push(request);
      return answer;
    },
    throttled: () => ({ status: 500 }),
  });
  const options = sagemakerOptionsSchema.parse({
    endpointName: 'fraud',
    region: 'eu-west-1',
    payloads: 'a.jsonl',
    endpointUrl: endpoint.url,
    ...input,
  });
  return sagemakerPreflight(options, {
    environment: {},
    baseDirectory: '.',
    signal: new AbortController().signal,
    resolvedEnvironment: { variables: secrets },
    firstPayload: { text: '1,2', contentType: 'text/csv' },
  });
}

const refused = (status: number, type: string, body: object): EmulatedResponse => ({
  status,
  headers: { 'x-amzn-ErrorType': type },
  body,
});

describe('preflight', () => {
  it('sends the first payload with the headers of the load', async () => {
    const seen: EmulatedRequest[] = [];
    const input = { accept: 'text/csv', customAttributes: 'a=1', targetModel: 'm', targetVariant: 'v' };
    const report = await preflight({ status: 200, body: '0.5' }, { ...input, inferenceComponent: 'c' }, seen);
    expect(report.summary).toBe('SageMaker endpoint "fraud" in eu-west-1 answered 200');
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      path: '/endpoints/fraud/invocations',
      headers: {
        accept: 'text/csv',
        'content-type': 'text/csv',
        'x-amzn-sagemaker-custom-attributes': 'a=1',
        'x-amzn-sagemaker-target-model': 'm',
        'x-amzn-sagemaker-target-variant': 'v',
        'x-amzn-sagemaker-inference-component': 'c',
      },
    });
    expect(seen[0]?.body.toString()).toBe('1,2');
  });

  it.each<[EmulatedResponse, string, RegExp, RegExp]>([
    [
      refused(403, 'ExpiredTokenException', { message: 'expired' }),
      'CREDENTIALS_INVALID',
      /403 ExpiredTokenException/,
      /aws sso login/,
    ],
    [
      refused(403, 'AccessDeniedException', { Message: 'not authorized' }),
      'CREDENTIALS_INVALID',
      /not authorized/,
      /sagemaker:InvokeEndpoint/,
    ],
    [
      refused(403, 'InvalidSignatureException', {
        message: `no match for CANARYSESSIONTOKEN\nx-amz-security-token:CANARYSESSIONTOKEN`,
      }),
      'CREDENTIALS_INVALID',
      /no match for \*\*\*$/,
      /AWS_SECRET_ACCESS_KEY/,
    ],
    [
      refused(403, 'UnrecognizedClientException', { message: 'invalid' }),
      'CREDENTIALS_INVALID',
      /invalid/,
      /AWS_ACCESS_KEY_ID/,
    ],
    [
      refused(400, 'ValidationError', { message: 'Endpoint fraud of account 123456789012 not found.' }),
      'PREFLIGHT_FAILED',
      /not found/,
      /endpointName and region/,
    ],
    [
      refused(400, 'ValidationError', { message: 'Value too long' }),
      'PREFLIGHT_FAILED',
      /Value too long/,
      /payloads/,
    ],
    [refused(400, 'ThrottlingException', { message: null }), 'PREFLIGHT_FAILED', /Throttling/, /limit/],
    [
      refused(424, 'ModelError', { Message: 'm', OriginalStatusCode: 415, OriginalMessage: 'no csv' }),
      'PREFLIGHT_FAILED',
      /the model answered 415: no csv/,
      /contentType/,
    ],
    [
      refused(429, 'ModelNotReadyException', { Message: 'loading' }),
      'PREFLIGHT_FAILED',
      /loading/,
      /6 minutes/,
    ],
    [
      refused(500, 'InternalFailure', { Message: 'oh' }),
      'PREFLIGHT_FAILED',
      /500 InternalFailure/,
      /try again/,
    ],
    [refused(503, 'ServiceUnavailable', { Message: 'oh' }), 'PREFLIGHT_FAILED', /503/, /try again/],
    [refused(530, 'InternalDependencyException', { Message: 'oh' }), 'PREFLIGHT_FAILED', /530/, /try again/],
    [{ status: 404, body: '<html>Not Found</html>' }, 'PREFLIGHT_FAILED', /404/, /./],
  ])('explains %j', async (answer, code, message, hint) => {
    const error = await preflight(answer).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('CANARY');
  });

  it.each([
    ['refused', 403, 400, /^This machine's clock is \d+ s \(± 1 s\) behind the service's; .* 300 s off/],
    ['refused', 403, -400, /ahead of the service's/],
    ['even an accepted one', 200, 400, /behind the service's/],
  ])('explains a clock that is off, by the date of the answer: %s', async (_, status, offset, message) => {
    const date = { Date: new Date(Date.now() + offset * 1000).toUTCString() };
    const answer = { ...refused(status, 'InvalidSignatureException', { message: 'Signature expired' }) };
    const skewed = preflight({ ...answer, headers: { ...answer.headers, ...date } });
    await expect(skewed).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/^Synchronise it: .*chronyc/),
    });
  });

  it('leaves a clock alone that is right', async () => {
    const answer = refused(403, 'InvalidSignatureException', { message: 'no match' });
    const date = { Date: new Date(Date.now() - 250_000).toUTCString() };
    await expect(preflight({ ...answer, headers: { ...answer.headers, ...date } })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: expect.stringMatching(/SECRET_ACCESS_KEY/),
    });
  });

  it('goes by the statuses that are expected', async () => {
    await expect(preflight({ status: 200 }, { expect: { status: [201] } })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('answered 200, but expect.status allows 201'),
    });
    await endpoint.stop();
    const answer = refused(424, 'ModelError', { OriginalStatusCode: 422 });
    expect((await preflight(answer, { expect: { status: [424] } })).summary).toContain('answered 424');
  });

  it('looks into the answer when expect.json says so', async () => {
    const wanted = { json: { pointer: '/predictions/0', type: 'number' } };
    await preflight({ status: 200, body: { predictions: [1] } }, { expect: wanted });
    await endpoint.stop();
    await expect(
      preflight({ status: 200, body: { outputs: [1] } }, { expect: wanted }),
    ).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('expect.json: /predictions/0 does not exist'),
    });
  });

  it('explains that there is no answer in time', async () => {
    const never = new Promise<never>(() => {});
    const slow = preflight(never as never, { timeout: '100ms' });
    await expect(slow).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('did not answer in time'),
    });
  });
});
