import { defineTarget, payloadSourceSchema, responseCheckSchema } from '@loadwright/core/target';
import { parseDuration, type JsonObject, type TargetFactory } from '@loadwright/core';
import { z } from 'zod';

const options = z.strictObject({
  url: z.string(),
  timeout: z.string().default('2s'),
  expect: responseCheckSchema.default({ status: [200] }),
  payloads: payloadSourceSchema.optional(),
  /** Time that the making of each request takes of the generator's core. */
  workMilliseconds: z.number().default(0),
});

/** Posts to a server that misbehaves. It has no preflight: the server's books hold the load alone. */
export const liarTarget: TargetFactory<z.input<typeof options>, z.output<typeof options>> = defineTarget({
  specificationVersion: 1,
  kind: 'liar',
  summary: 'a server that misbehaves',
  options,
  example: { url: 'http://127.0.0.1:8000' },
  locustfile: new URL('./liar_locustfile.py', import.meta.url),
  host: ({ url }) => url,
  targetConfig: ({ timeout, expect, workMilliseconds }) => ({
    requestName: 'score',
    timeoutSeconds: parseDuration(timeout)!,
    expect: expect as JsonObject,
    workMilliseconds,
  }),
  payloads: (resolved) => resolved.payloads,
});
