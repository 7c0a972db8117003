import {
  durationSchema,
  goodputSchema,
  maxAnswerBytesSchema,
  parseDuration,
  payloadSourceSchema,
  responseCheckSchema,
  tlsOptionsSchema,
} from '@loadwright/core/target';
import { z } from 'zod';

/** The body formats of MLflow's scoring protocol; each is also the body's only required key. */
export const bodyFormats = ['dataframe_records', 'dataframe_split', 'instances', 'inputs'] as const;

/** After so long the service ends a request, in seconds. */
export const serviceLimitSeconds = 297;

/** The client waits a little longer, so that it sees the service's own 504. */
const defaultTimeout = '300s';

const baseUrl = z
  .string()
  .refine((text) => baseUrlProblem(text) === undefined, {
    error: (issue) => baseUrlProblem(String(issue.input)),
  })
  .optional()
  .meta({ examples: ['https://dbc-a1b2c3d4-e5f6.cloud.databricks.com'] })
  .describe(
    'URL of the workspace, without a path; http is allowed only on loopback. Default: the variable DATABRICKS_HOST, then ' +
      'the host of the profile',
  )
  // Whoever starts a run fills it in: after that it is required.
  .transform((text, context) => {
    if (text !== undefined) return text;
    context.addIssue(
      'set it to the URL of the workspace, or set the variable DATABRICKS_HOST, or choose a profile of ~/.databrickscfg ' +
        'that has a host',
    );
    return z.NEVER;
  });

const oneWord = /^[\x21-\x7e]+$/;
const endpointUrl = z
  .string()
  .refine((text) => endpointUrlProblem(text) === undefined, {
    error: (issue) => endpointUrlProblem(String(issue.input)),
  })
  .optional()
  .meta({
    examples: [
      'https://4711.serving.cloud.databricks.com/1234/serving-endpoints/house-prices/invocations',
      '/serving-endpoints/chat/completions',
    ],
  })
  .describe(
    'where requests go: the whole URL of a route-optimised endpoint or of an app, or any path of the workspace. ' +
      'Default: the invocations of endpointName',
  );

const properties = z.strictObject({
  baseUrl,
  endpointName: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, hyphens and underscores')
    .describe('name of the serving endpoint. Where endpointUrl leads elsewhere: what the report calls it'),
  route: z
    .enum(['auto', 'workspace'])
    .default('auto')
    .describe(
      'where requests go. auto: every worker asks the workspace whether the endpoint is route-optimised, and uses ' +
        "its own URL if it is; workspace: always the workspace's URL, where such endpoints answer only if they were " +
        'made before 22 September 2025',
    ),
  endpointUrl,
  endpointId: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'must be the id of the endpoint, not its name')
    .optional()
    .describe(
      'id of a route-optimised endpoint, for which OAuth tokens are asked with endpointUrl. Default: the workspace is asked for it',
    ),
  servedEntity: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, hyphens and underscores')
    .optional()
    .describe(
      'the served entity whose scaling is recommended and set; no request is made otherwise by it. Default: the only one with provisioned concurrency',
    ),
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
  authentication: z
    .enum(['token', 'oauth'])
    .optional()
    .describe(
      'token: an access token, sent as it is; oauth: client id and secret of a service principal, for which every ' +
        'worker gets tokens and renews them. Default: by what is given',
    ),
  token: z
    .string()
    .regex(oneWord, 'must be a token without spaces or line breaks')
    .optional()
    .meta({ writeOnly: true })
    .describe('access token with the permission CAN QUERY. Default: the variable DATABRICKS_TOKEN'),
  clientId: z
    .string()
    .regex(oneWord, 'must be a client id without spaces')
    .optional()
    .describe('client id of a service principal. Default: the variable DATABRICKS_CLIENT_ID'),
  clientSecret: z
    .string()
    .regex(oneWord, 'must be a secret without spaces or line breaks')
    .optional()
    .meta({ writeOnly: true })
    .describe('OAuth secret of the service principal. Default: the variable DATABRICKS_CLIENT_SECRET'),
  profile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'profile of ~/.databrickscfg whose credentials are used, and whose host without baseUrl. Default: the variables, then DATABRICKS_CONFIG_PROFILE, ' +
        'then the profile DEFAULT if it is of this workspace',
    ),
  requestName: z
    .string()
    .min(1)
    .default('predict')
    .describe('name of the requests in statistics and thresholds'),
  timeout: durationSchema()
    .default(defaultTimeout)
    .describe('time limit of a whole request; the service itself gives up after 297 s'),
  maxBodyBytes: z
    .int()
    .min(1)
    .optional()
    .describe(
      'longest body that the endpoint takes, in bytes: payloads of which a longer one is made are refused before the load. ' +
        'Of foundation models, external models and agents 4194304. Default: that, where endpointName begins with databricks-, else 16777216',
    ),
  maxAnswerBytes: maxAnswerBytesSchema(),
  expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
  goodput: goodputSchema
    .optional()
    .describe('limits that a streamed answer must meet together to count in the metric goodput'),
  tls: tlsOptionsSchema.optional().describe('certificate authority and client certificate'),
});

/** Options of the target `databricks`. */
export const databricksOptionsSchema = properties
  .refine(({ token, clientId, clientSecret }) => token === undefined || !(clientId ?? clientSecret), {
    path: ['token'],
    error: 'cannot be given together with clientId and clientSecret',
  })
  .refine(({ endpointUrl: url, route }) => url === undefined || route === 'auto', {
    path: ['endpointUrl'],
    error: 'contradicts route: workspace',
  })
  .refine(({ endpointUrl: url, endpointId }) => endpointId === undefined || url !== undefined, {
    path: ['endpointId'],
    error: 'has no effect without endpointUrl',
  });

export type DatabricksInput = z.input<typeof databricksOptionsSchema>;
export type DatabricksOptions = z.output<typeof databricksOptionsSchema>;

/** Base URL without a trailing slash. */
export function hostOf(options: DatabricksOptions): string {
  return urlOf(options).origin;
}

/** Path of the requests. Another one if the workspace says that the endpoint is route-optimised. */
export function endpointPath(options: DatabricksOptions): string {
  const { pathname, search } = urlOf(options);
  return pathname + search;
}

function urlOf({ endpointName, endpointUrl: url, baseUrl: workspace }: DatabricksOptions): URL {
  return new URL(url ?? `/serving-endpoints/${endpointName}/invocations`, workspace);
}

/** Name of the endpoint that every worker asks the workspace about. Undefined: nothing is to be asked. */
export function lookedUp(options: DatabricksOptions): string | undefined {
  const { endpointId, endpointName, endpointUrl: url, route, baseUrl: workspace } = options;
  if (route === 'workspace' || endpointId !== undefined) return undefined;
  // A path of the workspace was chosen for what it is.
  return url !== undefined && hostOf(options) === new URL(workspace).origin ? undefined : endpointName;
}

/** Time limit of a whole request, in seconds. */
export function timeoutSeconds(options: DatabricksOptions): number {
  return parseDuration(options.timeout)!;
}

const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** What is wrong with the URL of a workspace. Undefined: nothing. */
export function baseUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com';
  const url = new URL(text);
  if (url.pathname !== '/' || url.search || url.hash)
    return hostProblem(url) ?? `must be the workspace alone, without a path: ${url.origin}`;
  return hostProblem(url);
}

function endpointUrlProblem(text: string): string | undefined {
  const isPath = /^\/(?!\/)/.test(text);
  if (!isPath && !URL.canParse(text)) return 'must be a whole URL, or a path that starts with /';
  const url = new URL(text, 'https://workspace.example');
  if (url.hash || url.pathname === '/') return 'must be the whole URL of the requests, with its path';
  return hostProblem(url);
}

function hostProblem(url: URL): string | undefined {
  if (url.username || url.password) return 'must not hold a user name or password; use token';
  const isLocal = url.protocol === 'http:' && loopbackHosts.has(url.hostname);
  return url.protocol === 'https:' || isLocal
    ? undefined
    : 'must start with https:// (http:// only on loopback)';
}
