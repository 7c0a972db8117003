import { z } from 'zod';
import { metricDefinitionSchema } from '../locust/statistics-schema.js';

export const aFunction = z.custom<(...parameters: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function',
);

const pythonFile = z.custom<URL>(
  (value) => value instanceof URL && value.protocol === 'file:' && value.pathname.endsWith('.py'),
  'must be the file: URL of a .py file, such as new URL("./locustfile.py", import.meta.url)',
);

export const optionsSchema = z.custom((value) => {
  const standard = (
    value as { '~standard'?: { validate?: unknown; jsonSchema?: { input?: unknown } } } | undefined
  )?.['~standard'];
  return typeof standard?.validate === 'function' && typeof standard.jsonSchema?.input === 'function';
}, 'must be a schema with Standard Schema and Standard JSON Schema, such as one of zod 4.2 or later');

export const kindSchema = z.custom<string>(
  (value) => typeof value === 'string' && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(value),
  'must be a name in lower case with hyphens',
);

export const summarySchema = z.custom<string>(
  (value) => typeof value === 'string' && value !== '',
  'must be one line of text',
);

/** Members of a scaling that can be changed. */
const changing = ['describe', 'apply', 'restore', 'observe', 'suspend'];

/** What a {@link TargetDefinition} must have, to be checked where it comes from outside. */
export const targetDefinitionSchema = z.looseObject({
  kind: kindSchema,
  summary: summarySchema,
  options: optionsSchema,
  findOptions: aFunction.optional(),
  requestNames: aFunction.optional(),
  example: z.custom((value) => value !== undefined, 'must be options that validate'),
  locustfile: pythonFile,
  pythonModules: z.array(pythonFile, 'must be a list of URLs').optional(),
  host: aFunction,
  targetConfig: aFunction,
  tls: aFunction.optional(),
  payloads: aFunction.optional(),
  environment: aFunction.optional(),
  resolveEnvironment: aFunction.optional(),
  preflight: aFunction.optional(),
  stageInputs: aFunction.optional(),
  stagingStatements: aFunction.optional(),
  iamStatements: aFunction.optional(),
  labels: aFunction.optional(),
  metrics: z
    .record(
      z.string().regex(/^[^{}\s]+$/, 'must be a name without spaces and braces'),
      metricDefinitionSchema,
    )
    .optional(),
  emulator: z
    .looseObject({ options: optionsSchema, start: aFunction }, 'must be an object with options and start')
    .optional(),
  observation: z
    .looseObject(
      {
        figures: z.record(z.string(), z.looseObject({})),
        intervalSeconds: z.number().min(1),
        read: aFunction,
        compare: aFunction.optional(),
      },
      'must be an object with figures, intervalSeconds (at least 1) and read',
    )
    .optional(),
  scaling: z
    .looseObject({ recommend: aFunction }, 'must be an object with recommend')
    .refine(
      (scaling) => {
        const given = changing.filter((member) => typeof scaling[member] === 'function');
        return given.length === 0 || given.length === changing.length;
      },
      `must have all of ${changing.join(', ')}, or none of them`,
    )
    .optional(),
});
