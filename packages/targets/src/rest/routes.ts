import { isSecretName, payloadSourceSchema, responseCheckSchema } from '@loadwright/core/target';
import { z } from 'zod';
import { headersSchema, headerText } from './headers.js';
import { bodyTemplateSchema, choicesOf, extractedOf, textTemplateSchema, usesColumns } from './template.js';

/** What takes no body. */
const bodiless = ['GET', 'HEAD'];

const method = z
  .string()
  .regex(/^(?!CONNECT$|TRACE$)[A-Z][A-Z-]{1,19}$/, 'must be an HTTP method in capitals, such as GET or POST')
  .default('POST')
  .describe('HTTP method');

/** A path below the base URL. */
export const pathSchema = z
  .string()
  .regex(/^\/[\x21-\x22\x24-\x7e]*$/, 'must start with / and have no spaces and no #');

/** A secret belongs in a header, whose value comes from a variable: everything else is written to files. */
function withoutSecretNames<Schema extends z.ZodType<Record<string, unknown>>>(schema: Schema) {
  return schema.superRefine((values, context) => {
    for (const [name, value] of Object.entries(values)) {
      // What an answer gave is in no file.
      const items: unknown[] = Array.isArray(value) ? value : [value];
      if (!isSecretName(name) || items.every((item) => extractedOf(item))) continue;
      const message =
        'cannot be set here: its value is a secret, which belongs in no file. Send it as a header, with secretHeaders';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });
}

const filename = textTemplateSchema
  .optional()
  .describe('name of the file. Default: payload-1.jpg, by the number and the type of the payload');

const fileSchema = z.strictObject({
  name: z.string().min(1).describe('name of the part; several may have the same one'),
  payloads: payloadSourceSchema
    .refine((source) => !Array.isArray(source) && !Object.hasOwn(Object(source), 'trace'), {
      error: 'must be one source, with no weights and no trace',
    })
    .describe('where the files come from'),
  count: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('how many of them a request carries, one after the other, all under this name'),
  filename,
});

const multipartSchema = z.strictObject({
  file: z.string().min(1).default('file').describe('name of the part that carries the payload as a file'),
  filename,
  files: z
    .array(fileSchema)
    .min(1)
    .optional()
    .describe(
      'further files, each from payloads of its own. The n-th of one source goes with the n-th of another',
    ),
  fields: withoutSecretNames(z.record(z.string().min(1), textTemplateSchema))
    .default({})
    .describe('further parts, by name'),
});

/** Where nothing stands another route is called. */
const parameterSchema = textTemplateSchema.superRefine((value, context) => {
  if ([value, ...choicesOf(value)].some((one) => one === '' || one === null)) {
    context.addIssue({
      code: 'custom',
      message: 'must not be empty: the path would be that of another route',
    });
  }
});

/** What a route has beside its path, its name and its weight. */
export const routeShape = {
  method,
  parameters: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name'), parameterSchema)
    .default({})
    .describe('values for {name} in the path, percent-encoded: { id: { "$integer": [1, 1000] } }'),
  query: withoutSecretNames(
    z.record(z.string().min(1), z.union([textTemplateSchema, z.array(textTemplateSchema).min(1)])),
  )
    .default({})
    .describe('parameters of the query, percent-encoded; a list repeats the parameter'),
  headers: headersSchema.default({}).describe('further request headers, none of them secret'),
  contentType: headerText
    .min(1)
    .default('application/json')
    .describe('Content-Type of the body, and of payloads that have none of their own'),
  body: bodyTemplateSchema
    .optional()
    .describe('JSON body, in which values may be generated: {"$uniform": [1, 6500]}, {"$column": "id"}'),
  payloads: payloadSourceSchema
    .optional()
    .describe('where request bodies come from; beside a body, or with GET, where $column takes its values'),
  multipart: multipartSchema
    .optional()
    .describe(
      'sends multipart/form-data: fields, each payload as a file, and files of other sources beside it',
    ),
  expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
};

/** One of several routes. */
export const routeSchema = z
  .strictObject({
    name: z.string().min(1).max(100).describe('name of its requests in statistics and thresholds'),
    weight: z.number().positive().default(1).describe('how often it is called, in proportion to the others'),
    path: pathSchema.describe('path below the base URL; {name} stands for a value of parameters'),
    ...routeShape,
  })
  .superRefine((route, context) => {
    for (const { path, message } of routeProblems(route)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });

type RouteParts = z.output<z.ZodObject<typeof routeShape>>;

/** A route as it is called. */
export interface Route extends Readonly<RouteParts> {
  readonly name: string;
  readonly weight: number;
  /** Below the base URL. */
  readonly path: string;
}

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What does not go together. @param pathField The option that holds the path. */
export function* routeProblems(
  route: Omit<Route, 'name' | 'weight'>,
  pathField = 'path',
): Generator<Problem> {
  const { body, method, multipart, parameters, path, payloads } = route;
  const problem = (field: string, message: string): Problem => ({ path: [field], message });
  for (const [, name] of path.matchAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
    if (!Object.hasOwn(parameters, name!)) {
      yield problem(pathField, `holds {${name}}, for which parameters has no value`);
    }
  }
  for (const name of Object.keys(parameters)) {
    if (!path.includes(`{${name}}`)) {
      yield { path: ['parameters', name], message: `is nowhere in ${pathField}: write {${name}} there` };
    }
  }
  if (bodiless.includes(method)) {
    if (body !== undefined) yield problem('body', `cannot be sent with method ${method}`);
    if (multipart !== undefined) yield problem('multipart', `cannot be sent with method ${method}`);
  }
  if (multipart !== undefined && body !== undefined) {
    yield problem('body', 'cannot be sent beside multipart: give one of the two');
  }
  const hasColumns = takesColumns(route);
  if (hasColumns && payloads === undefined) {
    yield problem('payloads', 'must be given: $column takes its values from them');
  }
  if (!hasColumns && payloads !== undefined) {
    if (bodiless.includes(method)) {
      yield problem(
        'payloads',
        `cannot be sent with method ${method}, and no $column takes a value from them`,
      );
    } else if (body !== undefined) {
      yield problem(
        'payloads',
        'cannot be used beside body: give one of the two, or take values with $column',
      );
    }
  }
}

type Templates = Pick<RouteParts, 'body' | 'headers' | 'multipart' | 'parameters' | 'query'>;

/** All of it in which values may be generated. */
export function templatesOf({ body, headers, multipart, parameters, query }: Templates): object {
  const form = multipart && {
    ...multipart,
    files: multipart.files?.map(({ filename: template }) => ({ filename: template })),
  };
  return { body, headers, multipart: form, parameters, query };
}

/** For which requests the payloads of one of the further files are, as bundles name it. */
export function requestsOfFile(routeName: string, index: number): string {
  return `${routeName}: multipart.files[${index}]`;
}

/** Whether it takes values from its payloads. */
export function takesColumns(route: Templates): boolean {
  return usesColumns(templatesOf(route));
}

/** Whether the payload is what is sent. */
export function sendsPayload({ body, method }: Pick<RouteParts, 'body' | 'method'>): boolean {
  return body === undefined && !bodiless.includes(method);
}
