import { capacityOptionsSchema, runPreflight, startLoopbackEndpoint } from '@loadwright/core/testing';
import { describe, expect, it } from 'vitest';
import { verifySignature, type Refusal } from '../sagemaker/verify-signature.js';
import { chaliceEmulator } from './emulator.js';
import { chalice, type ChaliceInput } from './index.js';
import { chaliceOptionsSchema } from './options.js';

const credentials = {
  accessKeyId: 'AKIACANARY',
  secretAccessKey: 'canary-secret',
  sessionToken: 'canary/+=',
};
const environment = {
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_SESSION_TOKEN: credentials.sessionToken,
};
const context = { baseDirectory: '.', signal: AbortSignal.timeout(600_000) };

describe('authentication iam', () => {
  it('signs every part of a request, by the word of another implementation', async () => {
    const refusals: (Refusal | undefined)[] = [];
    const endpoint = await startLoopbackEndpoint({
      capacity: capacityOptionsSchema.parse({ serviceTime: '1ms' }),
      check: async (request) => {
        refusals.push(await verifySignature(request, credentials, 'eu-west-1', Date.now(), 'execute-api'));
        return undefined;
      },
      answer: () => ({ status: 200 }),
      throttled: () => ({ status: 500 }),
    });
    const options = chaliceOptionsSchema.parse({
      baseUrl: `${endpoint.url}/api`,
      authentication: 'iam',
      region: 'eu-west-1',
      headers: { 'X-Trace': { $uuid: true }, 'X-Spaces': 'a  b' },
      routes: [
        {
          name: 'get',
          method: 'GET',
          path: '/items/{id}/',
          parameters: { id: { $choice: ['a b&c/ü'] } },
          query: { z: 'ü & ☃', a: ['2', '1'], empty: '' },
        },
        { name: 'post', path: '/evaluate', body: { distance: { $uniform: [1, 9] } } },
      ],
    } satisfies ChaliceInput);
    const report = await runPreflight(chalice.definition, options, { ...context, environment }).finally(
      endpoint.stop,
    );
    expect(report.summary).toMatch(/^get: GET .* answered 200; post: POST .* answered 200$/);
    expect(refusals).toEqual([undefined, undefined]);
  });

  it('is refused with other credentials, and says what to do', async () => {
    const schema = chaliceEmulator.options['~standard'];
    const emulator = await chaliceEmulator.start(
      ((await schema.validate({ authentication: 'iam' })) as { value: never }).value,
    );
    const options = chaliceOptionsSchema.parse({ ...emulator.targetOptions, body: { distance: 1 } });
    const ask = (given: Record<string, string>) =>
      runPreflight(chalice.definition, options, { ...context, environment: given });
    try {
      expect((await ask(emulator.environment)).summary).toContain('answered 200');
      await expect(ask(environment)).rejects.toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringContaining('answered 403'),
        hint: expect.stringContaining('execute-api:Invoke'),
      });
    } finally {
      await emulator.stop();
    }
  });

  it('needs one permission on the routes that are called', () => {
    const options = chaliceOptionsSchema.parse({
      baseUrl: 'https://abc.execute-api.cn-north-1.amazonaws.com.cn/api/v1',
      authentication: 'iam',
      accountId: '123456789012',
      routes: [
        { name: 'a', method: 'GET', path: '/items/{id}', parameters: { id: 1 } },
        { name: 'b', path: '/evaluate?fast=1' },
      ],
    });
    expect(chalice.definition.iamStatements!(options)).toEqual([
      {
        Sid: 'LoadwrightInvokeApi',
        Effect: 'Allow',
        Action: ['execute-api:Invoke'],
        Resource: [
          'arn:aws-cn:execute-api:cn-north-1:123456789012:abc/api/GET/v1/items/*',
          'arn:aws-cn:execute-api:cn-north-1:123456789012:abc/api/POST/v1/evaluate',
        ],
      },
    ]);
  });
});
