import {
  contentFailure,
  defineTarget,
  durationSchema,
  LoadwrightError,
  payloadSourceSchema,
  preflightFailure,
  responseCheckSchema,
  secondsOf,
} from '@loadwright/core/target';
import { z } from 'zod';
import { tritonEmulator } from './emulator.js';

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('URL of the server, without a slash at its end'),
  model: z.string().min(1).describe('name of the model'),
  inputName: z.string().min(1).default('INPUT0').describe('name of its input tensor, of the type FP32'),
  outputName: z.string().min(1).default('OUTPUT0').describe('name of its output tensor'),
  payloads: payloadSourceSchema.describe('tensors: a list of numbers each'),
  sequenceLength: z
    .int()
    .min(2)
    .optional()
    .describe('requests of a sequence, for a stateful model. Default: the model keeps no state'),
  timeout: durationSchema().default('10s').describe('time until an unanswered request fails'),
  expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
});

/** A model of Triton: tensors in binary behind a JSON header, and sequences of requests that depend on each other. */
export const triton = defineTarget<z.input<typeof options>, z.output<typeof options>>({
  specificationVersion: 1,
  kind: 'triton',
  summary: 'Models of Triton Inference Server, with tensors in binary',
  options,
  example: { url: 'https://triton.example', model: 'sum', payloads: { inline: [[1, 2, 3.5], [4]] } },
  locustfile: new URL('../python/locustfile.py', import.meta.url),
  pythonModules: [new URL('../python/triton_requests.py', import.meta.url)],
  host: ({ url }) => url,
  targetConfig: ({ expect, inputName, model, outputName, sequenceLength, timeout }) => ({
    ...{ expect, inputName, model, outputName },
    sequenceLength: sequenceLength ?? null,
    timeoutSeconds: secondsOf(timeout),
  }),
  payloads: ({ payloads }) => payloads,
  labels: ({ model }) => ({ model }),
  metrics: {
    sequences_finished: {
      kind: 'counter',
      unit: 'sequences',
      description: 'sequences that came to their end',
    },
    answer_values: { kind: 'trend', unit: 'values', description: 'values of the output tensor' },
  },
  async preflight({ expect, model }, { request }) {
    const asked = await request();
    if (asked.answer === null) throw preflightFailure(asked, 'the server');
    const { status } = asked.answer;
    if (!expect.status.includes(status)) {
      throw new LoadwrightError('PREFLIGHT_FAILED', `The model ${model} answered HTTP ${status}.`, {
        hint: 'Check target.model, target.inputName and the payloads against the configuration of the model.',
        retryable: status >= 500 || status === 429,
      });
    }
    const wrong = contentFailure(asked, 'The model');
    if (wrong) throw wrong;
    return { summary: `the model ${model} answered ${status}`, latencyMilliseconds: asked.seconds * 1000 };
  },
  emulator: tritonEmulator,
});

export default triton;
