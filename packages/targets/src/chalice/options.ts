import {
  durationSchema,
  isSecretName,
  maxAnswerBytesSchema,
  payloadSourceSchema,
  responseCheckSchema,
  tlsOptionsSchema,
} from '@loadwright/core';
import { z } from 'zod';
import { bodyTemplateSchema } from './template.js';

const headerText = z.string().regex(/^[\x20-\x7e]*$/, 'must be printable ASCII');

/** Headers that other options set, or that belong to the connection. */
const reservedHeaders: Readonly<Record<string, string>> = {
  authorization: 'use the option bearerToken or its variable: headers are written to files, secrets are not',
  'x-api-key': 'use the option apiKey or its variable: headers are written to files, secrets are not',
  'content-type': 'use the option contentType',
  'content-length': 'it follows from the body',
  host: 'it follows from baseUrl',
};

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const headersSchema = z.record(z.string(), headerText).superRefine((headers, context) => {
  for (const name of Object.keys(headers)) {
    const reason =
      reservedHeaders[name.toLowerCase()] ??
      (isSecretName(name)
        ? `its value is a secret, which belongs in no file. Put it into a variable: secretHeaders: { "${name}": "MY_VARIABLE" }`
        : undefined);
    if (reason !== undefined) {
      context.addIssue({ code: 'custom', path: [name], message: `cannot be set here: ${reason}` });
    } else if (!headerName.test(name)) {
      context.addIssue({ code: 'custom', path: [name], message: 'is not the name of an HTTP header' });
    }
  }
});

const secretHeadersSchema = z
  .record(
    z.string(),
    z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'must be the name of a variable, in capitals: MY_VARIABLE'),
  )
  .superRefine((headers, context) => {
    for (const name of Object.keys(headers)) {
      const message = reservedHeaders[name.toLowerCase()];
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
      else if (!headerName.test(name))
        context.addIssue({ code: 'custom', path: [name], message: 'is not the name of an HTTP header' });
    }
  });

const secret = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .meta({ writeOnly: true });

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an https URL' })
  .superRefine((text, context) => {
    if (!URL.canParse(text)) return;
    const url = new URL(text);
    const issue = (message: string) => context.addIssue({ code: 'custom', message });
    if (url.protocol === 'http:' && !loopback.test(url.hostname)) {
      issue('must be an https URL; http is allowed for this machine only (localhost, 127.0.0.1)');
    }
    if (url.search || url.hash || url.username || url.password) {
      issue('must have no query, fragment, user or password');
    }
  });

/** After so long API Gateway ends a request with its own 504, unless its quota was raised; in seconds. */
export const gatewayLimitSeconds = 29;

export const chaliceOptionsSchema = z
  .strictObject({
    baseUrl: baseUrl.describe(
      'URL of the API with its stage: https://{id}.execute-api.{region}.amazonaws.com/api. Chalice local has no stage',
    ),
    route: z
      .string()
      .regex(/^\/[\x21-\x22\x24-\x7e]*$/, 'must start with / and have no spaces and no #')
      .default('/evaluate')
      .describe('route below the base URL'),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST').describe('HTTP method'),
    contentType: headerText
      .min(1)
      .default('application/json')
      .describe('Content-Type of the body, and of payloads that have none of their own'),
    body: bodyTemplateSchema
      .optional()
      .describe(
        'JSON body; generated fields: {"$uniform": [1, 6500]}, {"$integer": [1, 6]}, {"$choice": ["a", "b"]}, {"$uuid": true}, {"$sequence": true}',
      ),
    payloads: payloadSourceSchema.optional().describe('where request bodies come from, instead of body'),
    headers: headersSchema.default({}).describe('further request headers, none of them secret'),
    secretHeaders: secretHeadersSchema
      .default({})
      .describe(
        'headers with a secret, each with the variable that holds it: { "Ocp-Apim-Subscription-Key": "MY_KEY" }',
      ),
    authentication: z
      .enum(['none', 'api-key', 'bearer'])
      .optional()
      .describe(
        'how requests are authenticated. Default: by apiKey or bearerToken when given, otherwise none',
      ),
    apiKey: secret
      .optional()
      .describe('API key, sent as x-api-key. Default: the variable LOADWRIGHT_CHALICE_API_KEY'),
    bearerToken: secret
      .optional()
      .describe('bearer token. Default: the variable LOADWRIGHT_CHALICE_BEARER_TOKEN'),
    requestName: z
      .string()
      .min(1)
      .max(100)
      .default('evaluate')
      .describe('fixed name of the requests in statistics and thresholds'),
    timeout: durationSchema()
      .default('32s')
      .describe('time until an unanswered request fails. API Gateway itself answers 504 after 29 s'),
    maxAnswerBytes: maxAnswerBytesSchema(),
    expect: responseCheckSchema.prefault({}).describe('what a correct answer looks like'),
    tls: tlsOptionsSchema.optional().describe('certificate authority and client certificate'),
  })
  .superRefine((options, context) => {
    const issue = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (options.body !== undefined && options.payloads !== undefined) {
      issue('payloads', 'cannot be used beside body: give one of the two');
    }
    if (options.method === 'GET' && options.body !== undefined)
      issue('body', 'cannot be sent with method GET');
    if (options.method === 'GET' && options.payloads !== undefined) {
      issue('payloads', 'cannot be sent with method GET');
    }
    if (options.authentication === 'none') {
      if (options.apiKey !== undefined) issue('apiKey', 'has no effect with authentication none');
      if (options.bearerToken !== undefined) issue('bearerToken', 'has no effect with authentication none');
    }
  });

export type ChaliceInput = z.input<typeof chaliceOptionsSchema>;
export type ChaliceOptions = z.output<typeof chaliceOptionsSchema>;

/** Scheme, host and port: Locust's host. */
export function hostOf({ baseUrl }: ChaliceOptions): string {
  return new URL(baseUrl).origin;
}

/** Stage and route: what is requested of the host. */
export function pathOf({ baseUrl, route }: ChaliceOptions): string {
  return new URL(baseUrl).pathname.replace(/\/+$/, '') + route;
}
