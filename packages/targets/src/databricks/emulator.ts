import { randomBytes } from 'node:crypto';
import { durationSchema, parseDuration, type Emulator, type EmulatorDefinition } from '@loadwright/core';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
} from '@loadwright/core/testing';
import { z } from 'zod';
import { InvalidInput, predictions } from './scoring.js';
import { tokenVariable } from './token.js';

const emulatorOptionsSchema = capacityOptionsSchema.extend({
  endpointName: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, hyphens and underscores')
    .default('house-prices')
    .describe('the one serving endpoint that exists'),
  tokenLifetime: durationSchema()
    .optional()
    .describe('after this time the token has expired. Default: never'),
  bodyLimitBytes: z
    .int()
    .min(1)
    .default(16 * 1024 * 1024)
    .describe('largest body, in bytes; the service allows 16 MB, and 4 MB for foundation models and agents'),
  throttledBy: z
    .enum(['endpoint', 'workspace'])
    .default('endpoint')
    .describe(
      'which limit the answer 429 speaks of when the queue is full: the provisioned concurrency of the endpoint, ' +
        'or the parallel requests of the workspace',
    ),
});

type EmulatorInput = z.input<typeof emulatorOptionsSchema>;
type EmulatorOptions = z.output<typeof emulatorOptionsSchema>;

/**
 * A serving endpoint with the checks of Databricks and the bodies of MLflow's scoring server, whose own route
 * `POST /invocations` (without a token) it has as well. Chat, embeddings and streaming are not emulated.
 */
export const databricksEmulator: EmulatorDefinition<EmulatorInput, EmulatorOptions> = {
  options: emulatorOptionsSchema,
  start,
};

async function start(options: EmulatorOptions): Promise<Emulator> {
  const token = `dapi${randomBytes(16).toString('hex')}`;
  const lifetimeSeconds = options.tokenLifetime && parseDuration(options.tokenLifetime);
  const expiresAt = lifetimeSeconds ? performance.now() + lifetimeSeconds * 1000 : Infinity;
  const endpoint = await startLoopbackEndpoint({
    capacity: options,
    check: (request) => {
      const call = `${request.method} ${request.path}`;
      if (call === 'GET /ping' || call === 'GET /health') return { status: 200, body: '\n' };
      const refused = call === 'POST /invocations' ? undefined : refuse(request, options, token, expiresAt);
      return refused ?? checkBody(request, options);
    },
    answer: ({ body }) => ({ status: 200, body: { predictions: predictions(body.toString('utf8')) } }),
    throttled: () => failure(429, 'REQUEST_LIMIT_EXCEEDED', throttledMessages[options.throttledBy]),
  });
  return {
    url: endpoint.url,
    targetOptions: { workspaceUrl: endpoint.url, endpointName: options.endpointName },
    environment: { [tokenVariable.name]: token },
    statistics: endpoint.statistics,
    stop: endpoint.stop,
  };
}

/** The messages of the two limits, from Databricks' debugging guide for Model Serving. */
const throttledMessages = {
  endpoint:
    'Too many concurrent requests. Consider increasing the provisioned concurrency of the served entity.',
  workspace:
    'Exceeded max number of parallel requests. Please contact your Databricks representative to increase the limit.',
};

/** Errors of the gateway carry their status as a number, errors of the services behind it a name. */
function failure(status: number, code: string | number, message: string): EmulatedResponse {
  return { status, body: { error_code: code, message } };
}

/** The checks in the order of the service: token, then route, then endpoint. */
function refuse(
  request: EmulatedRequest,
  options: EmulatorOptions,
  token: string,
  expiresAt: number,
): EmulatedResponse | undefined {
  const sent = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1];
  if (sent === undefined) {
    return failure(401, 401, 'Credential was not sent or was of an unsupported type for this API.');
  }
  if (sent !== token) return failure(403, 403, 'Invalid access token.');
  // The exact words of the service for an expired token are not published.
  if (performance.now() >= expiresAt) return failure(403, 403, 'Access token has expired.');
  const { method, path } = request;
  const name = /^\/serving-endpoints\/([^/]+)\/invocations$/.exec(path)?.[1];
  if (method !== 'POST' || name === undefined) {
    return failure(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${path}'.`);
  }
  if (name !== options.endpointName) {
    return failure(
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'The given endpoint does not exist, please retry after checking the specified model and version deployment exists.',
    );
  }
  return undefined;
}

function checkBody(
  { headers, body }: EmulatedRequest,
  options: EmulatorOptions,
): EmulatedResponse | undefined {
  if (body.length > options.bodyLimitBytes) {
    return failure(
      413,
      'MAX_REQUEST_SIZE_EXCEEDED',
      `The request body has ${body.length} bytes; at most ${options.bodyLimitBytes} are allowed.`,
    );
  }
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim());
  if (type.toLowerCase() !== 'application/json') {
    return {
      status: 415,
      headers: { 'content-type': 'text/plain' },
      body: `This predictor only supports the following content types: application/json. Got '${type}'.`,
    };
  }
  if (
    parameters.some((parameter) => /^charset=/i.test(parameter) && !/^charset="?utf-8"?$/i.test(parameter))
  ) {
    return {
      status: 415,
      headers: { 'content-type': 'text/plain' },
      body: 'The scoring server only supports UTF-8',
    };
  }
  try {
    predictions(body.toString('utf8'));
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInput) return failure(400, 'BAD_REQUEST', error.message);
    throw error;
  }
}
