import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import type { z } from 'zod';
import { seriesUpdateSchema } from '../series/rows.js';
import { preflightAnswerSchema } from '../target/preflight-answer.js';
import { masterStatisticsSchema } from './statistics-schema.js';

const pythonFolder = fileURLToPath(new URL('../../python/', import.meta.url));
const ownLocust = fileURLToPath(new URL('../../../../.venv/bin/locust', import.meta.url));

/** Documents of a real master, by the route, of a run in which everything comes up once. */
let documents: Record<'statistics' | 'series' | 'preflight', readonly unknown[]>;

beforeAll(async () => {
  const locust = existsSync(ownLocust) ? ownLocust : process.env['LOADWRIGHT_TEST_LOCUST']!;
  const python = join(dirname(locust), 'python');
  const { stdout } = await promisify(execFile)(python, ['contract_example.py'], {
    cwd: pythonFolder,
    maxBuffer: 16 * 1024 * 1024,
  });
  documents = JSON.parse(stdout) as typeof documents;
}, 180_000);

/** `_zod.def` of a schema, as far as its keys go. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
}

/** Every key that a schema knows, optional ones too: `requests[].trends.*.count`. */
function keysOfSchema(schema: z.ZodType, path = ''): string[] {
  const { type, shape, element, valueType, innerType } = schema._zod.def as unknown as Definition;
  if (innerType) return keysOfSchema(innerType, path);
  if (type === 'array') return keysOfSchema(element!, `${path}[]`);
  if (type === 'record') return keysOfSchema(valueType!, `${path}.*`);
  return Object.entries(shape ?? {}).flatMap(([key, inner]) => [
    `${path}.${key}`,
    ...keysOfSchema(inner, `${path}.${key}`),
  ]);
}

/** Every key that a document has, in the same words. The schema says which objects have names for keys. */
function keysOfDocument(value: unknown, schema: z.ZodType | undefined, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, shape, element, valueType, innerType } = (schema?._zod.def ?? {}) as Partial<Definition>;
  if (innerType) return keysOfDocument(value, innerType, path);
  if (Array.isArray(value)) return value.flatMap((item) => keysOfDocument(item, element, `${path}[]`));
  if (type === 'record')
    return Object.values(value).flatMap((item) => keysOfDocument(item, valueType, `${path}.*`));
  return Object.entries(value).flatMap(([key, inner]) => [
    `${path}.${key}`,
    ...keysOfDocument(inner, shape?.[key], `${path}.${key}`),
  ]);
}

it.each([
  // Of a fleet that was scaled, of a replay, and of a Locust that nobody has tested.
  [
    'statistics',
    masterStatisticsSchema,
    ['.events[].workers', '.test.load.arrivals.speed', '.versionWarning'],
  ],
  ['series', seriesUpdateSchema, []],
  // Where a body is not UTF-8.
  ['preflight', preflightAnswerSchema, ['.request.body.base64', '.answer.body.base64']],
] as const)('the keys of the %s that Python writes are those that are read', (route, schema, elsewhere) => {
  const answers = documents[route];
  for (const answer of answers) expect(schema.safeParse(answer)).toMatchObject({ success: true });
  const written = new Set(answers.flatMap((answer) => keysOfDocument(answer, schema)));
  const read = new Set(keysOfSchema(schema));
  expect([...written].filter((key) => !read.has(key))).toEqual([]);
  expect([...read].filter((key) => !written.has(key))).toEqual([...elsewhere]);
});
