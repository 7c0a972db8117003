import { z } from 'zod';
import { jsonValueSchema } from '../values/json-value-schema.js';

/** One of them, or a list of several. */
function severalOf<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.array(schema).min(1)]);
}

const expression = (what: string) =>
  z.string().min(1).optional().describe(`regular expression of Python that ${what}`);

const textChecks = {
  matches: expression('must be found'),
  doesNotMatch: expression('must not be found'),
};

const textCheck = z
  .strictObject(textChecks)
  .refine(({ matches, doesNotMatch }) => matches !== undefined || doesNotMatch !== undefined, {
    error: 'must hold matches or doesNotMatch',
  });

const length = z.int().min(0).optional();

const valueCheck = z.strictObject({
  pointer: z
    .string()
    .regex(/^(\/.*)?$/, 'must be a JSON Pointer (RFC 6901): empty, or starting with /')
    .describe('JSON Pointer (RFC 6901) of a value in the answer: /predictions/0'),
  type: z
    .enum(['array', 'boolean', 'null', 'number', 'object', 'string'])
    .optional()
    .describe('the type that the value must have'),
  equals: jsonValueSchema().optional().describe('the value that it must equal'),
  oneOf: z.array(jsonValueSchema()).min(1).optional().describe('the values of which it must equal one'),
  minimum: z.number().optional().describe('the smallest number allowed'),
  maximum: z.number().optional().describe('the largest number allowed'),
  above: z.number().optional().describe('the number must be larger than this one'),
  below: z.number().optional().describe('the number must be smaller than this one'),
  minimumLength: length.describe('the fewest characters of a text, items of an array or keys of an object'),
  maximumLength: length.describe('the most characters, items or keys'),
  matches: expression('must be found in the text'),
});

const headerCheck = z.strictObject({
  name: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of an HTTP header')
    .describe('name of a header, which must be there'),
  equals: z.string().optional().describe('the value that it must have'),
  ...textChecks,
});

const eventCheck = z.strictObject({
  type: z
    .string()
    .min(1)
    .optional()
    .describe('event of server-sent events, or :event-type of AWS. Default: events of every type'),
  which: z
    .enum(['any', 'every', 'last'])
    .default('any')
    .describe('any: one event must be right; every: all of them; last: the last one'),
  json: severalOf(valueCheck).optional().describe('checks of the data of an event as JSON'),
  text: severalOf(textCheck).optional().describe('checks of the data of an event as text'),
});

const streamCheck = z.strictObject({
  done: z
    .boolean()
    .optional()
    .describe(
      'whether the stream must end with data: [DONE]. Default: in streams of chat completions it, or a finish_reason, must come',
    ),
  minimumEvents: z.int().min(1).optional().describe('the fewest events, [DONE] not counted'),
  event: severalOf(eventCheck).optional().describe('checks of events'),
});

/**
 * What a correct answer looks like. A wrong answer with status 200 is a failure, with the reason. The workers decide
 * (`loadwright_runtime/answers/checks.py`).
 */
export const responseCheckSchema = z.strictObject({
  status: z.array(z.int().min(100).max(599)).min(1).default([200]).describe('statuses that count as success'),
  json: severalOf(valueCheck)
    .optional()
    .describe(
      'checks of values of an answer in JSON, one or a list. With a pointer alone, the value must exist',
    ),
  header: severalOf(headerCheck)
    .optional()
    .describe('checks of headers, one or a list. With a name alone, the header must be there'),
  text: severalOf(textCheck).optional().describe('checks of the answer as text, one or a list'),
  stream: streamCheck
    .optional()
    .describe(
      'the answer must be a stream of events. Errors in a stream, and streams that are cut off, are failures without it too',
    ),
});

/** What a correct answer looks like; `expect` of the HTTP targets, copied into `target.json` as it is. */
export type ResponseCheck = z.output<typeof responseCheckSchema>;
