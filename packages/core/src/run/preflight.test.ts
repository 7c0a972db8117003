import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Fleet, ProbeRequest } from '../fleet/contract.js';
import { LoadwrightError } from '../errors.js';
import { jsonValueSchema } from '../values/json-value-schema.js';
import { payloadSourceSchema } from '../payloads/source.js';
import { pythonDirectory } from '../python-files.js';
import { defineTarget } from '../target/define-target.js';
import type { PreflightAnswer } from '../target/preflight-answer.js';
import { preflightFailure } from '../target/preflight-failure.js';
import { longestWait } from '../waiting.js';
import { createLoadTest } from './create-load-test.js';
import type { LoadTestOptions } from './contract.js';

const target = defineTarget({
  specificationVersion: 1,
  kind: 'asked',
  summary: 'a service that is asked',
  options: z.strictObject({
    payloads: payloadSourceSchema.prefault({ inline: [1] }),
    body: jsonValueSchema().optional(),
  }),
  example: {},
  locustfile: new URL('loadwright_runtime/load/user.py', pythonDirectory),
  host: () => 'http://127.0.0.1:9',
  targetConfig: ({ body = null }) => ({ body }),
  payloads: ({ payloads }) => payloads,
  preflight: async (_, { request }) => {
    const asked = await request();
    const { answer, seconds } = asked;
    if (answer === null) throw preflightFailure(asked, 'the service');
    if (answer.status !== 200) {
      throw new LoadwrightError('PREFLIGHT_FAILED', `answered ${answer.status}`, {
        retryable: answer.status === 503,
      });
    }
    return { summary: 'answered 200', latencyMilliseconds: seconds * 1000 };
  },
});

const answered = (
  status: number,
  text = '[1]',
  change: Partial<PreflightAnswer['request']> = {},
): PreflightAnswer => ({
  version: 1,
  request: {
    method: 'POST',
    url: 'http://127.0.0.1:9/',
    name: 'request',
    headers: {},
    body: { bytes: text.length, isCut: false, text },
    row: null,
    ...change,
  },
  answer: { status, headers: {}, body: { bytes: 0, isCut: false, text: '' } },
  seconds: 0.25,
  sentAt: 1000,
  failure: null,
});

/** What a preflight says while it is made, and what it comes to. */
async function preflight(
  answers: PreflightAnswer[],
  {
    options = {},
    lasting = false,
    ...change
  }: Partial<LoadTestOptions> & { options?: object; lasting?: boolean } = {},
) {
  const requests: ProbeRequest[] = [];
  /** Whom the command waits for: while the fleet prepares what makes the request, and while it is made. */
  const waits: (string | undefined)[] = [];
  const unasked = () => Promise.reject(new Error('a preflight makes nothing'));
  const fleet = {
    ...{ kind: 'here', plan: unasked, provision: unasked },
    ...(lasting && { lasting: {} }),
    prepareProbe: async () => {
      waits.push(longestWait()?.what);
      return async (request: ProbeRequest) => {
        requests.push(request);
        waits.push(longestWait()?.what);
        return answers[Math.min(requests.length, answers.length) - 1]!;
      };
    },
  } as unknown as Fleet;
  const messages: string[] = [];
  const test = createLoadTest({
    target: target(options),
    load: { users: 1, duration: '1s' },
    environment: {},
    ...change,
  });
  const outcome = await test
    .preflight({
      fleet,
      onProgress: (event) =>
        void (event.type === 'message' && messages.push(`${event.level}: ${event.message}`)),
    })
    .catch((error: unknown) => error);
  return { outcome, messages, requests, waits };
}

describe('what is said of the body', () => {
  it.each([
    [answered(200), '[1] (3 bytes)'],
    [answered(200, '[0.5]', { row: 1 }), '[0.5] (5 bytes, payload 1)'],
    [answered(200, '{\n  "a": 1\n}'), '{ "a": 1 } (12 bytes)'],
    [answered(200, 'x'.repeat(2000)), `${'x'.repeat(120)}… (2,000 bytes)`],
    [answered(200, '', { body: { bytes: 4000, isCut: true, base64: 'AP8A' } }), 'base64 AP8A… (4,000 bytes)'],
  ])('%#', async (answer, said) => {
    const { outcome, messages } = await preflight([answer]);
    expect(outcome).toBe('answered 200');
    expect(messages).toEqual([`info: Body of the request: ${said}`]);
  });

  it('is nothing where there is none', async () => {
    expect((await preflight([answered(200, '')])).messages).toEqual([]);
  });
});

it('waits for the service only when it has been asked: an installation before that is none of its own', async () => {
  expect((await preflight([answered(200)])).waits).toEqual([undefined, 'the answer of http://127.0.0.1:9']);
});

it('is not asked again when it cannot pass by itself', async () => {
  const { outcome, requests } = await preflight([answered(403)], { preflight: { waitUpTo: '10m' } });
  expect(outcome).toMatchObject({ message: 'answered 403' });
  expect(requests).toHaveLength(1);
});

describe('a service that does not answer', () => {
  const silent = {
    ...answered(200),
    answer: null,
    failure: { kind: 'connect', reason: 'connection refused' },
  };

  it.each([
    [false, 'Check the port, and that the service (or the emulator) is running.'],
    [true, 'If the machines of the fleet reach it and this one does not: --skip-preflight.'],
  ])('may be one that the fleet reaches: %s', async (isElsewhere, hint) => {
    const { outcome } = await preflight([silent], { lasting: isElsewhere });
    expect(outcome).toMatchObject({
      code: 'PREFLIGHT_FAILED',
      hint: expect.stringContaining(hint) as string,
    });
    expect((outcome as LoadwrightError).hint!.includes('--skip-preflight')).toBe(isElsewhere);
  });
});

it('says which numbers JavaScript has changed', async () => {
  const options = {
    payloads: { inline: [{ id: 9007199254740993 }, { id: 9007199254740993n }] },
    body: { n: 2 ** 60 },
  };
  const { messages } = await preflight([answered(200, '')], { options });
  expect(messages).toEqual([
    expect.stringMatching(/^warning: payloads\.inline\[0\]\.id and 1 others: .*9007199254740993n.*\.jsonl/),
  ]);
});
