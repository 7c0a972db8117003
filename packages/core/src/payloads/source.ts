import { z } from 'zod';
import { jsonValueSchema } from '../values/json-value-schema.js';
import { columnTypes } from './column-types.js';
import { contentTypePattern } from './format.js';
import { traceSourceSchema } from './trace/source.js';

const contentType = z.string().regex(contentTypePattern, 'must be printable ASCII, such as text/csv');

/** What stands between two cells of a row. */
export function csvSeparatorSchema() {
  return z.string().refine((text) => text.length === 1 && (!/[\s"]/.test(text) || text === '\t'), {
    error: 'must be one character, such as ";" or a tab',
  });
}

const order = z
  .enum(['sequential', 'random'])
  .default('sequential')
  .describe('sequential: every worker walks through the payloads in order; random: each request draws one');

/** One place where payloads come from. A bare string is a path; its ending shows the format. */
const singleSourceSchema = z.union([
  z.string().min(1).describe('path of a .json, .jsonl, .csv, .tsv or binary file, or of a folder of files'),
  z.strictObject({
    inline: z.array(jsonValueSchema()).min(1).describe('JSON values, one for each payload'),
    order,
  }),
  z.strictObject({
    file: z
      .string()
      .min(1)
      .describe(
        'path, relative to the configuration file; text compressed with gzip is unpacked. ' +
          'Of a folder, or a pattern: every file is a payload, or is read in the format that is given',
      ),
    format: z
      .enum(['json', 'jsonl', 'csv', 'lines', 'binary'])
      .optional()
      .describe('lines: every line that is not blank is a text. Default: by the ending of the path'),
    /** Only for CSV. */
    csvAs: z
      .enum(['text', 'json', 'list'])
      .optional()
      .describe(
        'csv only. text: each row is sent as text/csv without the header; json: each row becomes an object, list: a JSON list. ' +
          'A column has one type, number, boolean or text; what is missing (empty, NaN) is null',
      ),
    jsonAs: z
      .enum(['items', 'document'])
      .optional()
      .describe(
        'json only. items: each item of a list is a payload; document: the whole file is one. Default items',
      ),
    csvColumns: z
      .array(z.string().min(1))
      .min(1)
      .refine((names) => new Set(names).size === names.length, 'must be different names')
      .optional()
      .describe('csv only: names of the columns of a file without a header'),
    csvTypes: z
      .record(z.string(), z.enum(columnTypes))
      .optional()
      .describe('csv as json or list only: types of columns by their names. Of other columns they are found'),
    csvSeparator: csvSeparatorSchema()
      .optional()
      .describe(
        'csv only: what is between two cells. Default: a comma, or a tab where the path ends in .tsv',
      ),
    csvHeader: z.boolean().optional().describe('csv only: the first row holds column names. Default true'),
    contentType: contentType.optional().describe('Content-Type of every payload. Default: by the format'),
    order,
  }),
  z.strictObject({
    files: z
      .array(z.string().min(1))
      .min(1)
      .describe(
        'paths of binary files, one payload each; folders, and patterns such as img/*.jpg, stand for their files',
      ),
    contentType: contentType
      .optional()
      .describe('Content-Type of every payload. Default: by the ending of each path'),
    order,
  }),
  traceSourceSchema,
]);

/** Where payloads come from: one place, or several with weights. */
export const payloadSourceSchema = z.union([
  ...singleSourceSchema.options,
  z
    .array(
      z.strictObject({
        source: singleSourceSchema.describe('where the payloads come from'),
        weight: z
          .number()
          .positive()
          .default(1)
          .describe('how often it is drawn from, in proportion to the others'),
      }),
    )
    .min(1)
    .describe('several sources, each request draws one by its weight'),
]);

/** Where payloads come from. */
export type PayloadSource = z.input<typeof payloadSourceSchema>;

/** A single place where payloads come from. */
export type SingleSource = z.input<typeof singleSourceSchema>;

/** Payloads for some of the requests of a target. */
export interface PayloadPart {
  readonly source: SingleSource;
  /** How often it is drawn from, in proportion to others for the same requests. */
  readonly weight: number;
  /** For which requests, as `setup.payloads(encode, of)` of the Python files asks for them. Absent: for all. */
  readonly of?: string;
}

/** Payloads as a target names them, taken apart. */
export type TargetPayloads = PayloadSource | readonly PayloadPart[];

/** Each single source with its weight. */
export function partsOf(source: TargetPayloads): readonly PayloadPart[] {
  if (!isSeveral(source)) return [{ source, weight: 1 }];
  return source.map((part) => ({ ...part, weight: part.weight ?? 1 }));
}

/** Whether payloads come from several sources. */
export function isSeveral(source: TargetPayloads): source is Exclude<TargetPayloads, SingleSource> {
  return Array.isArray(source);
}
