import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '@aws-crypto/sha256-js';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sagemakerEmulator, type SagemakerEmulator } from '../emulator.js';
import { sagemaker } from '../index.js';
import { sagemakerOptionsSchema } from '../options.js';

let emulator: SagemakerEmulator;

beforeEach(async () => {
  const found = await sagemakerEmulator.options['~standard'].validate({
    serviceTime: '1ms',
    chat: { gap: '1ms' },
  });
  if (found.issues) throw new Error(JSON.stringify(found.issues));
  emulator = (await sagemakerEmulator.start(found.value)) as SagemakerEmulator;
});
afterEach(() => emulator.stop());

interface Token {
  readonly region?: string;
  readonly seconds?: number;
  readonly madeAt?: Date;
  readonly secret?: string;
  readonly action?: string;
}

/** By the SDK's own signer, and put together as AWS describes it. */
async function tokenOf({
  region = 'eu-west-1',
  seconds = 900,
  madeAt = new Date(),
  secret,
  action,
}: Token = {}) {
  const { environment } = emulator;
  const signer = new SignatureV4({
    ...{ region, service: 'sagemaker', sha256: Sha256 },
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: secret ?? environment['AWS_SECRET_ACCESS_KEY']!,
      sessionToken: environment['AWS_SESSION_TOKEN']!,
    },
  });
  const host = 'sagemaker.amazonaws.com';
  const { query = {} } = await signer.presign(
    new HttpRequest({
      ...{ method: 'POST', protocol: 'https:', hostname: host, path: '/', headers: { host } },
      query: { Action: action ?? 'CallWithBearerToken' },
    }),
    { expiresIn: seconds, signingDate: madeAt },
  );
  const text = `${host}/?${new URLSearchParams(query as Record<string, string>).toString()}&Version=1`;
  return `sagemaker-api-key-${Buffer.from(text).toString('base64')}`;
}

const chat = (
  token: string,
  path = '/endpoints/loadwright-emulator/openai/v1/chat/completions',
  body: object = {},
) =>
  fetch(emulator.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Say it' }], ...body }),
  });

it('answers chats, whole and streamed, of an endpoint and of a component', async () => {
  const token = await tokenOf();
  const whole = (await (await chat(token)).json()) as { choices: unknown[]; usage: object };
  expect([whole.choices.length, whole.usage]).toEqual([
    1,
    expect.objectContaining({ completion_tokens: 16 }),
  ]);
  const path = '/endpoints/loadwright-emulator/inference-components/qwen/openai/v1/chat/completions';
  const streamed = await (await chat(token, path, { stream: true })).text();
  expect(streamed).toMatch(/data: \[DONE\]\n\n$/);
  expect((await chat(token, path.replace('emulator', 'other'))).status).toBe(400);
});

it.each<[string, Token]>([
  ['another region', { region: 'us-east-1' }],
  ['expired', { seconds: 1, madeAt: new Date(Date.now() - 5000) }],
  ['signature', { secret: 'another' }],
  ['well-formed', { action: 'Other' }],
  ['well-formed', { seconds: 43_201 }],
])('refuses a token: %s', async (reason, wrong) => {
  const answer = await chat(await tokenOf(wrong));
  expect([answer.status, ((await answer.json()) as { message: string }).message]).toEqual([
    403,
    expect.stringContaining(reason),
  ]);
});

it('needs two actions', () => {
  const options = { endpointName: 'chat', region: 'eu-west-1', payloads: 'a.jsonl', openai: true };
  const statements = sagemaker.definition.iamStatements!(sagemakerOptionsSchema.parse(options));
  expect(statements.flatMap(({ Action }) => Action)).toEqual([
    'sagemaker:InvokeEndpoint',
    'sagemaker:CallWithBearerToken',
  ]);
});
