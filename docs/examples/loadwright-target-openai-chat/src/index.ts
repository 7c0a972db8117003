import {
  contentFailure,
  defineTarget,
  durationSchema,
  goodputConfig,
  goodputSchema,
  LoadwrightError,
  payloadSourceSchema,
  preflightFailure,
  responseCheckSchema,
  secondsOf,
  tokenMetrics,
} from '@loadwright/core/target';
import { z } from 'zod';
import { chatEmulator } from './emulator.js';

const variable = 'CHAT_API_KEY';

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('URL of the API with its version, such as https://host/v1'),
  model: z.string().min(1).describe('name of the model'),
  payloads: payloadSourceSchema.describe('prompts: a text each, or the list of messages of a chat'),
  maxTokens: z.int().min(1).default(256).describe('max_completion_tokens of each request'),
  stream: z.boolean().default(true).describe('whether answers come token by token'),
  apiKey: z
    .string()
    .min(8)
    .optional()
    .describe(`key of the API. Default: the variable ${variable}`)
    .meta({ writeOnly: true }),
  goodput: goodputSchema.optional().describe('limits that an answer must meet together to count in goodput'),
  timeout: durationSchema().default('60s').describe('time until an unanswered request fails'),
  expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
});

/** Chats with a language model, whose tokens are timed one by one. */
export const chat = defineTarget<z.input<typeof options>, z.output<typeof options>>({
  specificationVersion: 1,
  kind: 'openai-chat',
  summary: 'Chats in the form of the API of OpenAI, streamed',
  options,
  example: {
    url: 'https://llm.example/v1',
    model: 'small',
    payloads: { inline: ['Say hello', 'Say goodbye'] },
  },
  locustfile: new URL('../python/locustfile.py', import.meta.url),
  pythonModules: [new URL('../python/chat_requests.py', import.meta.url)],
  host: ({ url }) => url,
  targetConfig: ({ expect, goodput, maxTokens, model, stream, timeout }) => ({
    ...{ expect, maxTokens, model, stream },
    timeoutSeconds: secondsOf(timeout),
    ...(goodput && { goodput: goodputConfig(goodput) }),
  }),
  payloads: ({ payloads }) => payloads,
  environment: () => [{ name: variable, secret: true, required: true, description: 'key of the API' }],
  async resolveEnvironment({ apiKey }, { environment }) {
    const key = apiKey ?? environment[variable];
    if (key) return { variables: { [variable]: key } };
    throw new LoadwrightError(
      'CREDENTIALS_INVALID',
      `There is no key: the variable ${variable} is not set.`,
      {
        hint: `Set the variable ${variable}, or the option target.apiKey.`,
      },
    );
  },
  labels: ({ model }) => ({ model }),
  metrics: tokenMetrics,
  async preflight({ expect, model }, { request }) {
    const asked = await request();
    if (asked.answer === null) throw preflightFailure(asked, 'the API');
    const { status } = asked.answer;
    if (status === 401) {
      throw new LoadwrightError('CREDENTIALS_INVALID', 'The API refused the key.', {
        hint: `Set the variable ${variable}, or the option target.apiKey, to a key that is valid.`,
      });
    }
    if (!expect.status.includes(status)) {
      throw new LoadwrightError('PREFLIGHT_FAILED', `The API answered HTTP ${status}.`, {
        hint:
          status === 404 ? `Check target.url, and that there is a model ${model}.` : 'Check the payloads.',
        retryable: status >= 500 || status === 429,
      });
    }
    const wrong = contentFailure(asked, 'The API');
    if (wrong) throw wrong;
    return { summary: `${model} answered ${status}`, latencyMilliseconds: asked.seconds * 1000 };
  },
  emulator: chatEmulator,
});

export default chat;
