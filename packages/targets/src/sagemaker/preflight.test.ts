import type { PreflightAnswer } from '@loadwright/core/target';
import { describe, expect, it } from 'vitest';
import { answered, answering, unanswered, type FixedAnswer } from '../../test/answered.js';
import { sagemakerOptionsSchema } from './options.js';
import { sagemakerPreflight } from './preflight.js';

/** A preflight whose request gets a fixed answer. */
function preflight(answer: FixedAnswer | PreflightAnswer, input: object = {}) {
  const options = sagemakerOptionsSchema.parse({
    endpointName: 'fraud',
    region: 'eu-west-1',
    payloads: 'a.jsonl',
    ...input,
  });
  const request = answering('status' in answer ? answered(answer) : answer);
  const { signal } = new AbortController();
  const context = { environment: {}, baseDirectory: '.', signal, resolvedEnvironment: { variables: {} } };
  return sagemakerPreflight(options, { ...context, request });
}

const refused = (status: number, type: string, body: object): FixedAnswer => ({
  status,
  headers: { 'x-amzn-ErrorType': `${type}:http://internal.amazon.com/` },
  body,
});

describe('preflight', () => {
  it('names what answered', async () => {
    const headers = { 'x-Amzn-Invoked-Production-Variant': 'AllTraffic' };
    expect(await preflight({ status: 200, headers, body: '0.5' })).toEqual({
      summary: 'SageMaker endpoint "fraud" in eu-west-1 answered 200, variant AllTraffic',
      latencyMilliseconds: 20,
      notes: [],
    });
  });

  it.each<[FixedAnswer, string, RegExp, RegExp, boolean?]>([
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
      refused(403, 'InvalidSignatureException', { message: `no match for x\nx-amz-security-token:y` }),
      'CREDENTIALS_INVALID',
      /no match for x$/,
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
      refused(400, 'ValidationError', {
        message: 'Inference Component has no capacity to process this request.',
      }),
      'PREFLIGHT_FAILED',
      /no capacity/,
      /scaled up/,
      true,
    ],
    [
      { status: 400, body: { __type: 'com.amazon#ValidationError', message: 'Value too long' } },
      'PREFLIGHT_FAILED',
      /400 ValidationError\): Value too long/,
      /payloads/,
    ],
    [refused(400, 'ThrottlingException', { message: null }), 'PREFLIGHT_FAILED', /Throttling/, /limit/, true],
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
      true,
    ],
    [
      refused(500, 'InternalFailure', { Message: 'oh' }),
      'PREFLIGHT_FAILED',
      /500 InternalFailure/,
      /try again/,
      true,
    ],
    [refused(503, 'ServiceUnavailable', { Message: 'oh' }), 'PREFLIGHT_FAILED', /503/, /try again/, true],
    [
      refused(530, 'InternalDependencyException', { Message: 'oh' }),
      'PREFLIGHT_FAILED',
      /530/,
      /try again/,
      true,
    ],
    [{ status: 404, body: '<html>Not Found</html>' }, 'PREFLIGHT_FAILED', /\(404\)$/, /./],
  ])('explains %j', async (answer, code, message, hint, retryable = false) => {
    await expect(preflight(answer)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
      retryable,
    });
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
    const unexpected = { status: 200, failure: { kind: 'status', reason: 'HTTP 200' } };
    await expect(preflight(unexpected, { expect: { status: [201] } })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('answered 200, but expect.status allows 201'),
    });
    const answer = { ...refused(424, 'ModelError', { OriginalStatusCode: 422 }), failure: null };
    expect((await preflight(answer, { expect: { status: [424] } })).summary).toContain('answered 424');
  });

  it("says what the load's check says of the answer", async () => {
    const failure = { kind: 'check', reason: 'check of /predictions/0: no such value' };
    await expect(preflight({ status: 200, body: { outputs: [1] }, failure })).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining(
        'answered, but check of /predictions/0: no such value: {"outputs":[1]}',
      ),
      hint: expect.stringContaining('expect'),
    });
  });

  it('explains that there is no answer in time', async () => {
    await expect(preflight(unanswered('timeout', 'time-out after 70 s'))).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      message: expect.stringContaining('did not answer in time (time-out after 70 s)'),
      retryable: true,
    });
  });

  it("notes a time-out beyond the service's own", async () => {
    const { notes } = await preflight({ status: 200 }, { timeout: '5m' });
    expect(notes).toEqual([expect.stringContaining('longer than SageMaker waits for a model (60 s)')]);
  });
});
