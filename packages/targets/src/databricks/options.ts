import {
  durationSchema,
  maxAnswerBytesSchema,
  parseDuration,
  payloadSourceSchema,
  responseCheckSchema,
  tlsOptionsSchema,
} from '@loadwright/core';
import { z } from 'zod';

/** The body formats of MLflow's scoring protocol; each is also the body's only required key. */
export const bodyFormats = ['dataframe_records', 'dataframe_split', 'instances', 'inputs'] as const;

/** After so long the service ends a request, in seconds. */
export const serviceLimitSeconds = 297;

/** The client waits a little longer, so that it sees the service's own 504. */
const defaultTimeout = '300s';

const workspaceUrl = z
  .string()
  .refine((text) => workspaceUrlProblem(text) === undefined, {
    error: (issue) => workspaceUrlProblem(String(issue.input)),
  })
  .meta({ examples: ['https://dbc-a1b2c3d4-e5f6.cloud.databricks.com'] })
  .describe('URL of the workspace, without a path; http is allowed only on loopback');

/** Options of the target `databricks`. */
export const databricksOptionsSchema = z.strictObject({
  workspaceUrl,
  endpointName: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, hyphens and underscores')
    .describe('name of the serving endpoint'),
  format: z
    .enum([...bodyFormats, 'raw'])
    .default('dataframe_records')
    .describe(
      'how a payload becomes a body. A payload that already has one of the four keys is sent as it is; ' +
        'raw: every payload is a whole body',
    ),
  payloads: payloadSourceSchema.describe(
    'what is sent: rows, or whole bodies, for instance the features.json of a serving endpoint',
  ),
  token: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be a token without spaces or line breaks')
    .optional()
    .meta({ writeOnly: true })
    .describe('access token with the permission CAN QUERY. Default: the variable DATABRICKS_TOKEN'),
  requestName: z
    .string()
    .min(1)
    .default('predict')
    .describe('name of the requests in statistics and thresholds'),
  timeout: durationSchema()
    .default(defaultTimeout)
    .describe('time limit of a whole request; the service itself gives up after 297 s'),
  maxAnswerBytes: maxAnswerBytesSchema(),
  expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
  tls: tlsOptionsSchema.optional().describe('certificate authority and client certificate'),
});

export type DatabricksInput = z.input<typeof databricksOptionsSchema>;
export type DatabricksOptions = z.output<typeof databricksOptionsSchema>;

/** Base URL without a trailing slash. */
export function hostOf(options: DatabricksOptions): string {
  return new URL(options.workspaceUrl).origin;
}

/** Path of the endpoint's invocations. */
export function endpointPath(options: DatabricksOptions): string {
  return `/serving-endpoints/${options.endpointName}/invocations`;
}

/** Time limit of a whole request, in seconds. */
export function timeoutSeconds(options: DatabricksOptions): number {
  return parseDuration(options.timeout)!;
}

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

function workspaceUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com';
  const url = new URL(text);
  if (url.username || url.password) return 'must not hold a user name or password; use token';
  const isLocal = url.protocol === 'http:' && loopbackHosts.has(url.hostname);
  if (url.protocol !== 'https:' && !isLocal) return 'must start with https:// (http:// only on loopback)';
  if (url.pathname !== '/' || url.search || url.hash)
    return `must be the workspace alone, without a path: ${url.origin}`;
  return undefined;
}
