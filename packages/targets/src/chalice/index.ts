import { defineTarget, parseDuration, type JsonObject } from '@loadwright/core';
import { chaliceVariables, resolveChaliceEnvironment, usesApiKey, usesBearerToken } from './credentials.js';
import { chaliceEmulator } from './emulator.js';
import { chaliceOptionsSchema, hostOf, pathOf, type ChaliceInput, type ChaliceOptions } from './options.js';
import { chalicePreflight } from './preflight.js';

export type { ChaliceInput, ChaliceOptions } from './options.js';

/** REST services made with AWS Chalice, behind API Gateway or run locally. */
export const chalice = defineTarget<ChaliceInput, ChaliceOptions>({
  specificationVersion: 1,
  kind: 'chalice',
  summary: 'REST service made with AWS Chalice, in front of a model',
  options: chaliceOptionsSchema,
  example: {
    baseUrl: 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/api',
    body: { distance: { $uniform: [1, 6500] } },
    expect: { json: { pointer: '/cost', type: 'number' } },
  },
  locustfile: new URL('./locustfile.py', import.meta.url),
  pythonModules: [new URL('./chalice_requests.py', import.meta.url)],
  host: hostOf,
  targetConfig,
  tls: (options) => options.tls,
  payloads: (options) => options.payloads,
  environment: chaliceVariables,
  resolveEnvironment: resolveChaliceEnvironment,
  preflight: chalicePreflight,
  labels: (options) => ({ method: options.method, path: pathOf(options) }),
  emulator: chaliceEmulator,
});

export default chalice;

function targetConfig(options: ChaliceOptions): JsonObject {
  const { body, contentType, expect, headers, method, requestName, secretHeaders, timeout } = options;
  return {
    path: pathOf(options),
    method,
    contentType,
    ...(body === undefined ? {} : { body }),
    apiKey: usesApiKey(options),
    bearerToken: usesBearerToken(options),
    headers,
    secretHeaders,
    timeoutSeconds: parseDuration(timeout)!,
    maxAnswerBytes: options.maxAnswerBytes,
    requestName,
    expect: expect as JsonObject,
  };
}
