import { z } from 'zod';

/** What a correct answer looks like. A wrong answer with status 200 is a failure, with the reason. */
export const responseCheckSchema = z.strictObject({
  status: z.array(z.int().min(100).max(599)).min(1).default([200]).describe('statuses that count as success'),
  json: z
    .strictObject({
      pointer: z
        .string()
        .regex(/^(\/.*)?$/, 'must be a JSON Pointer (RFC 6901): empty, or starting with /')
        .describe('JSON Pointer (RFC 6901) of a value in the answer: /predictions/0'),
      type: z
        .enum(['array', 'boolean', 'null', 'number', 'object', 'string'])
        .optional()
        .describe('the type that the value must have'),
      equals: z.json().optional().describe('the value that it must equal'),
      minimum: z.number().optional().describe('the smallest number allowed'),
      maximum: z.number().optional().describe('the largest number allowed'),
    })
    .optional()
    .describe('a check of the answer as JSON. With a pointer alone, the value must exist'),
});

/** What a correct answer looks like; `expect` of the HTTP targets, copied into `target.json` as it is. */
export type ResponseCheck = z.output<typeof responseCheckSchema>;
