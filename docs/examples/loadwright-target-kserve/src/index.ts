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
import { kserveEmulator } from './emulator.js';

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('URL of the server, without a slash at its end'),
  model: z.string().min(1).describe('name of the model'),
  modelVersion: z.string().min(1).optional().describe('its version. Default: the server chooses'),
  inputName: z.string().min(1).default('input-0').describe('name of its input tensor'),
  datatype: z.enum(['FP32', 'FP64', 'INT32', 'INT64']).default('FP32').describe('type of the tensor'),
  payloads: payloadSourceSchema.describe('rows: a list of numbers each, or a list of such lists'),
  timeout: durationSchema().default('10s').describe('time until an unanswered request fails'),
  expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
});

/** A model behind the Open Inference Protocol, with a body of its own for each payload. */
export const kserve = defineTarget<z.input<typeof options>, z.output<typeof options>>({
  specificationVersion: 1,
  kind: 'kserve',
  summary: 'Models behind the Open Inference Protocol (KServe v2)',
  options,
  example: {
    url: 'https://models.example',
    model: 'iris',
    payloads: {
      inline: [
        [5.1, 3.5],
        [4.9, 3],
      ],
    },
  },
  locustfile: new URL('../python/locustfile.py', import.meta.url),
  pythonModules: [new URL('../python/kserve_requests.py', import.meta.url)],
  host: ({ url }) => url,
  targetConfig: ({ datatype, expect, inputName, model, modelVersion, timeout }) => ({
    ...{ datatype, expect, inputName, model },
    modelVersion: modelVersion ?? null,
    timeoutSeconds: secondsOf(timeout),
  }),
  payloads: ({ payloads }) => payloads,
  labels: ({ model }) => ({ model }),
  async preflight({ expect, model }, { request }) {
    const ready = await request({ path: `/v2/models/${encodeURIComponent(model)}/ready` });
    if (ready.answer === null) throw preflightFailure(ready, 'the server');
    if (ready.answer.status !== 200) {
      throw new LoadwrightError(
        'PREFLIGHT_FAILED',
        `The model ${model} is not ready: HTTP ${ready.answer.status}.`,
        {
          hint: 'Check target.model, and that the server has loaded the model.',
          retryable: true,
        },
      );
    }
    const asked = await request();
    if (asked.answer === null) throw preflightFailure(asked, 'the server');
    const { status } = asked.answer;
    if (!expect.status.includes(status)) {
      throw new LoadwrightError('PREFLIGHT_FAILED', `The model ${model} answered HTTP ${status}.`, {
        hint: 'Check target.inputName, target.datatype and the payloads against the metadata of the model.',
        retryable: status >= 500 || status === 429,
      });
    }
    const wrong = contentFailure(asked, 'The model');
    if (wrong) throw wrong;
    return { summary: `the model ${model} answered ${status}`, latencyMilliseconds: asked.seconds * 1000 };
  },
  emulator: kserveEmulator,
});

export default kserve;
