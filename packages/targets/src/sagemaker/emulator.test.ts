import { setTimeout as delay } from 'node:timers/promises';
import { Sha256 } from '@aws-crypto/sha256-js';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import type { Emulator } from '@loadwright/core/target';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, describe, expect, it } from 'vitest';
import { sagemakerEmulator, type SagemakerEmulator } from './emulator.js';

let emulator: Emulator;
afterEach(() => emulator.stop());

async function start(options: object = {}): Promise<void> {
  const schema = sagemakerEmulator.options['~standard'];
  const result = await schema.validate({ endpointName: 'fraud', serviceTime: '1ms', ...options });
  if (result.issues) throw new Error(JSON.stringify(result.issues));
  emulator = await sagemakerEmulator.start(result.value);
}

const credentialsOf = ({ environment }: Emulator) => ({
  accessKeyId: environment['AWS_ACCESS_KEY_ID']!,
  secretAccessKey: environment['AWS_SECRET_ACCESS_KEY']!,
  sessionToken: environment['AWS_SESSION_TOKEN'],
});

interface Call {
  path?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  credentials?: Partial<ReturnType<typeof credentialsOf>>;
  region?: string;
  service?: string;
  signingDate?: Date;
  applyChecksum?: boolean;
  /** Changes the request after it was signed. */
  tamper?: (request: { headers: Record<string, string>; body: string }) => void;
}

async function call(options: Call = {}) {
  const { body = '{"instances":[[1],[2]]}', path = '/endpoints/fraud/invocations', query = {} } = options;
  const signer = new SignatureV4({
    credentials: { ...credentialsOf(emulator), ...options.credentials },
    region: options.region ?? 'eu-west-1',
    service: options.service ?? 'sagemaker',
    sha256: Sha256,
    applyChecksum: options.applyChecksum ?? true,
  });
  const headers = {
    host: new URL(emulator.url).host,
    'content-type': 'application/json',
    ...options.headers,
  };
  const request = new HttpRequest({ method: 'POST', path, query, headers, body });
  const signed = await signer.sign(request, { signingDate: options.signingDate ?? new Date() });
  const sent = { headers: { ...signed.headers }, body };
  options.tamper?.(sent);
  const search = new URLSearchParams(query).toString();
  const response = await fetch(emulator.url + path + (search && `?${search}`), { method: 'POST', ...sent });
  return {
    status: response.status,
    type: response.headers.get('x-amzn-errortype'),
    date: Date.parse(response.headers.get('date') ?? ''),
    variant: response.headers.get('x-amzn-invoked-production-variant'),
    requestId: response.headers.get('x-amzn-requestid'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

const minutes = (count: number) => new Date(Date.now() + count * 60_000);

describe('a clock that is off', () => {
  it.each([
    // Not closer to 300: stamps are whole seconds, and a busy machine takes its time.
    [-280, 200],
    [280, 200],
    [-320, 403],
    [320, 403],
  ])('by %d s: %d', async (clockOffsetSeconds, status) => {
    await start({ clockOffsetSeconds });
    const answer = await call();
    expect(answer.status).toBe(status);
    expect(answer.date - Date.now()).toBeGreaterThan((clockOffsetSeconds - 15) * 1000);
    expect(answer.date - Date.now()).toBeLessThan((clockOffsetSeconds + 15) * 1000);
    const stamp = /\d{8}T\d{6}Z/.source;
    const text =
      clockOffsetSeconds > 0 ? 'Signature expired: . is now earlier than' : 'Signature not yet current: .';
    if (status === 403) {
      expect(answer.type).toBe('InvalidSignatureException');
      expect(answer.body['message']).toMatch(new RegExp(text.replace('.', stamp)));
    }
  });
});

describe('inference ids', () => {
  const withId = (id: string) => call({ headers: { 'x-amzn-sagemaker-inference-id': id } });

  it('are known of the requests that were taken', async () => {
    await start();
    await call();
    await withId('first');
    expect(await withId('x'.repeat(65))).toMatchObject({ status: 400, type: 'ValidationError' });
    await withId('x'.repeat(64));
    expect((emulator as SagemakerEmulator).inferenceIds()).toEqual(['first', 'x'.repeat(64)]);
  });
});

describe('a signed request', () => {
  it('gets predictions, the same for the same input', async () => {
    await start();
    const first = await call();
    expect(first).toMatchObject({ status: 200, type: null, variant: 'AllTraffic' });
    expect(first.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(first.body).toEqual({ predictions: [expect.any(Number), expect.any(Number)] });
    expect((await call()).body).toEqual(first.body);
    expect(emulator.statistics()).toEqual({ requests: 2, served: 2, throttled: 0, rejected: 0 });
  });

  it.each<[string, Call]>([
    ['without a hash of the body', { applyChecksum: false }],
    ['with a query', { query: { a: 'b c', z: '1' } }],
    ['with headers of its own', { headers: { 'x-amzn-sagemaker-target-model': 'a.tar.gz', accept: '*/*' } }],
    ['a few minutes off', { signingDate: minutes(-4) }],
    ['text', { headers: { 'content-type': 'text/csv' }, body: '1,2\n3,4\n' }],
  ])('is accepted %s', async (_, options) => {
    await start();
    expect(await call(options)).toMatchObject({ status: 200 });
  });

  it.each<[string, Call, string]>([
    ['another secret key', { credentials: { secretAccessKey: 'wrong' } }, 'InvalidSignatureException'],
    ['another access key', { credentials: { accessKeyId: 'AKIDOTHER' } }, 'UnrecognizedClientException'],
    ['another session token', { credentials: { sessionToken: 'wrong' } }, 'UnrecognizedClientException'],
    ['no session token', { credentials: { sessionToken: undefined } }, 'UnrecognizedClientException'],
    [
      'a token that is not signed',
      {
        credentials: { sessionToken: undefined },
        tamper: ({ headers }) => {
          headers['x-amz-security-token'] = emulator.environment['AWS_SESSION_TOKEN']!;
        },
      },
      'InvalidSignatureException',
    ],
    ['another region', { region: 'us-east-1' }, 'InvalidSignatureException'],
    ['another service', { service: 'execute-api' }, 'InvalidSignatureException'],
    ['an old date', { signingDate: minutes(-6) }, 'InvalidSignatureException'],
    ['a date to come', { signingDate: minutes(6) }, 'InvalidSignatureException'],
    ['another body', { tamper: (sent) => void (sent.body = '{}') }, 'InvalidSignatureException'],
    [
      'another body, without its hash',
      { applyChecksum: false, tamper: (sent) => void (sent.body = '{}') },
      'InvalidSignatureException',
    ],
    [
      'another signed header',
      { tamper: ({ headers }) => void (headers['content-type'] = 'text/csv') },
      'InvalidSignatureException',
    ],
    [
      'no signature',
      { tamper: ({ headers }) => void delete headers['authorization'] },
      'MissingAuthenticationTokenException',
    ],
    [
      'a bearer token',
      { tamper: ({ headers }) => void (headers['authorization'] = 'Bearer a') },
      'IncompleteSignatureException',
    ],
    [
      'no date',
      { tamper: ({ headers }) => void delete headers['x-amz-date'] },
      'IncompleteSignatureException',
    ],
  ])('is refused with %s', async (_, options, type) => {
    await start();
    expect(await call(options)).toMatchObject({ status: 403, type, body: { message: expect.any(String) } });
    expect(emulator.statistics()).toMatchObject({ served: 0, rejected: 1 });
  });

  it('is refused when the credentials have expired', async () => {
    await start({ credentialsLifetime: '1ms' });
    await expect.poll(async () => (await call()).type).toBe('ExpiredTokenException');
  });
});

describe('a request that SageMaker does not accept', () => {
  it.each<[string, Call, number, string, string]>([
    [
      'endpoint',
      { path: '/endpoints/other/invocations' },
      400,
      'ValidationError',
      'Endpoint other of account',
    ],
    ['route', { path: '/endpoints' }, 404, 'UnknownOperationException', 'operation'],
    ['size', { body: `"${'x'.repeat(99)}"` }, 413, 'RequestEntityTooLargeException', 'exceeded 100 bytes'],
    [
      'variant',
      { headers: { 'x-amzn-sagemaker-target-variant': 'green' } },
      400,
      'ValidationError',
      'Variant green',
    ],
  ])('for its %s', async (_, options, status, type, message) => {
    await start({ bodyLimitBytes: 100 });
    const answer = await call(options);
    expect(answer).toMatchObject({ status, type });
    expect(answer.body['message']).toContain(message);
  });

  it('is throttled as SageMaker does it: 400 with no message', async () => {
    await start({ concurrency: 1, queueLimit: 0, serviceTime: '500ms' });
    const answers = await Promise.all([call(), call()]);
    expect(answers.find(({ status }) => status !== 200)).toMatchObject({
      status: 400,
      type: 'ThrottlingException',
      body: { message: null },
    });
  });
});

describe('the model', () => {
  it.each([
    ['is not JSON', { body: '{' }, 400],
    ['has no content type', { headers: { 'content-type': '' } }, 415],
  ])('refuses a body that %s', async (_, options, status) => {
    await start();
    expect(await call(options)).toMatchObject({
      status: 424,
      type: 'ModelError',
      body: {
        OriginalStatusCode: status,
        LogStreamArn: expect.stringContaining('/aws/sagemaker/Endpoints/fraud'),
      },
    });
  });

  it('fails the share of requests that is asked for', async () => {
    await start({ modelErrorRate: 0.25 });
    const statuses: number[] = [];
    for (let count = 0; count < 8; count += 1) statuses.push((await call()).status);
    expect(statuses.filter((status) => status === 424)).toHaveLength(2);
  });
});

it('loads each model of a multi-model endpoint when it is named for the first time', async () => {
  await start({ modelLoadTime: '50ms' });
  const invoke = (model: string) => call({ headers: { 'x-amzn-sagemaker-target-model': model } });
  expect(await invoke('a.tar.gz')).toMatchObject({ status: 429, type: 'ModelNotReadyException' });
  await delay(60);
  expect(await invoke('a.tar.gz')).toMatchObject({ status: 200 });
  expect(await invoke('b.tar.gz')).toMatchObject({ status: 429 });
});

describe('the AWS SDK', () => {
  it('understands answers and errors', async () => {
    await start();
    const invoke = async (EndpointName: string, Body = '[1,2,3]') => {
      const client = new SageMakerRuntimeClient({
        endpoint: emulator.url,
        region: 'eu-west-1',
        credentials: credentialsOf(emulator),
        maxAttempts: 1,
      });
      const command = new InvokeEndpointCommand({ EndpointName, Body, ContentType: 'application/json' });
      return client.send(command).finally(() => client.destroy());
    };
    const answer = await invoke('fraud');
    expect(answer.InvokedProductionVariant).toBe('AllTraffic');
    expect(JSON.parse(answer.Body.transformToString()).predictions).toHaveLength(3);
    await expect(invoke('absent')).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(invoke('fraud', '{')).rejects.toMatchObject({ name: 'ModelError', OriginalStatusCode: 400 });
  });

  async function stream(body = '{}') {
    const client = new SageMakerRuntimeClient({
      endpoint: emulator.url,
      region: 'eu-west-1',
      credentials: credentialsOf(emulator),
      maxAttempts: 1,
    });
    const command = new InvokeEndpointWithResponseStreamCommand({
      EndpointName: 'fraud',
      Body: body,
      ContentType: 'application/json',
    });
    const parts: Buffer[] = [];
    try {
      const { Body, ContentType } = await client.send(command);
      for await (const { PayloadPart } of Body!) parts.push(Buffer.from(PayloadPart!.Bytes!));
      return { ContentType, parts };
    } finally {
      client.destroy();
    }
  }

  it('reads a stream of tokens, whose lines cross the borders of frames', async () => {
    await start({ stream: { tokens: 3, firstToken: '1ms', gap: '1ms' } });
    const { ContentType, parts } = await stream();
    expect(ContentType).toBe('application/jsonlines');
    expect(parts).toHaveLength(6);
    const lines = Buffer.concat(parts).toString().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { token: { id: 1 }, generated_text: null },
      { token: { id: 2 }, generated_text: null },
      { token: { id: 3 }, generated_text: ' token token token', details: { generated_tokens: 3 } },
    ]);
    expect((emulator as SagemakerEmulator).streams()).toMatchObject([{ outputTokens: 3 }]);
  });

  it('is told of an error within a stream', async () => {
    await start({ stream: { tokens: 4, firstToken: '1ms', gap: '1ms', errorRate: 1 } });
    await expect(stream()).rejects.toMatchObject({ name: 'ModelStreamError', ErrorCode: 'StreamBroken' });
    expect((emulator as SagemakerEmulator).streams()).toEqual([]);
  });

  it('is told of a model that fails before its stream begins', async () => {
    await start();
    await expect(stream('{')).rejects.toMatchObject({ name: 'ModelError' });
  });
});
