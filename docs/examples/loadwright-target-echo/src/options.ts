import { payloadSourceSchema, responseCheckSchema } from '@loadwright/core/target';
import { z } from 'zod';

/** What a user may write in `target`; every description shows up in the documentation and in editors. */
export const echoOptionsSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('URL of the service, without a trailing slash'),
  payloads: payloadSourceSchema.describe('what is sent'),
  token: z
    .string()
    .min(8)
    .optional()
    .describe('bearer token. Default: the variable ECHO_TOKEN')
    // Never written anywhere: reports and `config print` show [redacted].
    .meta({ writeOnly: true }),
  expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
});

export type EchoInput = z.input<typeof echoOptionsSchema>;
export type EchoOptions = z.output<typeof echoOptionsSchema>;
