import { z } from 'zod';
import { durationSchema } from '../../values/duration.js';
import { jsonValueSchema } from '../../values/json-value-schema.js';
import { rateSchema } from '../../values/rate.js';

/** RFC 6901; `*` stands for every member or item, which that has no word for. */
const pointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'must be a JSON Pointer such as /user/email, or /messages/*/content');

const formats = [
  'requests',
  'sagemaker-capture',
  'databricks-inference',
  'sharegpt',
  'mooncake',
  'burstgpt',
] as const;

/** Requests that were recorded, with their times. */
export const traceSourceSchema = z.strictObject({
  trace: z
    .string()
    .min(1)
    .describe('path of a recording, of a folder of its files, or a pattern such as capture/**/*.jsonl'),
  format: z
    .enum(formats)
    .describe(
      'requests: JSON lines {"at", "session", "body"}; sagemaker-capture: JSON lines of Data Capture; ' +
        'databricks-inference: an inference table as JSON, CSV or Parquet; sharegpt: conversations without times; ' +
        'mooncake, burstgpt: times and numbers of tokens, of which bodies are made',
    ),
  scrub: z
    .array(pointer)
    .min(1)
    .optional()
    .describe(
      'JSON Pointers, * for every item: what they find in a body is replaced before anything is written. ' +
        'Text becomes as many x, a number 0',
    ),
  session: pointer
    .optional()
    .describe(
      'JSON Pointer to what names the session in a body; a session sends one request after the other. ' +
        'Default: what the format has for it',
    ),
  sessionRate: rateSchema()
    .optional()
    .describe('sharegpt only: conversations that begin in a second. Default 1/s'),
  pause: durationSchema()
    .optional()
    .describe('sharegpt only: time from a turn of a conversation to the next. Default 10s'),
  as: z
    .enum(['chat', 'completion'])
    .optional()
    .describe('mooncake and burstgpt only: messages, or a prompt. Default chat'),
  body: z
    .record(z.string(), jsonValueSchema())
    .optional()
    .describe('members of every body that is made: { model: "m", stream: true }'),
  order: z
    .enum(['sequential', 'random'])
    .default('sequential')
    .describe('with another profile than replay: as of other payloads'),
});

/** Recorded requests, as a user writes where they are. */
export type TraceSource = z.input<typeof traceSourceSchema>;
