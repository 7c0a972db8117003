import { EmulatedExport } from './observation/emulated-export.js';
import { randomBytes } from 'node:crypto';
import {
  durationSchema,
  parseDuration,
  type Emulator,
  type EmulatorDefinition,
  type EmulatorStatistics,
} from '@loadwright/core/target';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
} from '@loadwright/core/testing';
import { z } from 'zod';
import { chatOptionsSchema, EmulatedChat, type EmulatedStream } from '../emulation/emulated-chat.js';
import { servingLimitBytes } from './body-limit.js';
import { bearerOf, failure } from './emulated-answers.js';
import { EmulatedTokens } from './emulated-tokens.js';
import { authorizationDetails, emulatedWorkspaceId, EmulatedWorkspace } from './emulated-workspace.js';
import { EmulatedServing } from './scaling/emulated-serving.js';
import type { ServedEntity } from './scaling/settings.js';
import { InvalidInput, predictions } from './scoring.js';
import { clientIdVariable, clientSecretVariable, tokenVariable } from './variables.js';

const emulatorOptionsSchema = capacityOptionsSchema.extend({
  endpointName: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'must consist of letters, digits, hyphens and underscores')
    .default('house-prices')
    .describe('the one serving endpoint that exists'),
  tokenLifetime: durationSchema()
    .optional()
    .describe(
      'after this time a token has expired. Default: an hour for tokens of OAuth, never for the personal one',
    ),
  authentication: z
    .enum(['token', 'oauth'])
    .optional()
    .describe(
      'which credentials it gives to its target: a personal access token, or those of a service principal. It accepts ' +
        'both. Default: token, and oauth with routeOptimized',
    ),
  routeOptimized: z
    .boolean()
    .default(false)
    .describe('the endpoint answers at a URL of its own only, and refuses personal access tokens'),
  endpointUrl: z
    .string()
    .optional()
    .describe('that of the target: with a whole URL the endpoint is route-optimised, as with routeOptimized'),
  bodyLimitBytes: z
    .int()
    .min(1)
    .default(servingLimitBytes)
    .describe('largest body, in bytes; the service allows 16 MB, and 4 MB for foundation models and agents'),
  throttledBy: z
    .enum(['endpoint', 'workspace'])
    .default('endpoint')
    .describe(
      'which limit the answer 429 speaks of when the queue is full: the provisioned concurrency of the endpoint, ' +
        'or the parallel requests of the workspace',
    ),
  retryAfterSeconds: z
    .int()
    .min(0)
    .optional()
    .describe('Retry-After of the answers 429, in seconds. Default: they have none'),
  servedEntities: z
    .array(z.looseObject({ name: z.string().min(1) }))
    .min(1)
    .optional()
    .describe(
      'what the endpoint serves, each as the API of a workspace answers it. Default: one with as much provisioned concurrency ' +
        'as concurrency says. What is changed of it changes the metrics, not the capacity',
    ),
  updateTime: durationSchema({ allowZero: true })
    .default('1s')
    .describe('time that an update of the configuration takes'),
  permission: z
    .enum(['CAN_QUERY', 'CAN_MANAGE'])
    .default('CAN_MANAGE')
    .describe('of whoever calls: without CAN_MANAGE the configuration cannot be changed'),
  chat: chatOptionsSchema
    .prefault({})
    .describe(
      'how it answers chats, completions and embeddings, of which stream: true gets an answer in events',
    ),
});

type EmulatorInput = z.input<typeof emulatorOptionsSchema>;
type EmulatorOptions = z.output<typeof emulatorOptionsSchema>;
type Served = Omit<EmulatorOptions, 'endpointUrl'>;

/** It also counts the tokens that it gave out, and the requests for one that it refused. */
export interface DatabricksEmulator extends Emulator {
  /** The streams of tokens that were sent to their end. */
  streams(): readonly EmulatedStream[];
  /** The configuration of the endpoint. */
  readonly serving: EmulatedServing;
  tokenRequests(): { readonly issued: number; readonly refused: number };
}

/**
 * A serving endpoint with the checks of Databricks and the bodies of MLflow's scoring server, whose own route
 * `POST /invocations` (without a token) it has as well.
 */
export const databricksEmulator: EmulatorDefinition<EmulatorInput, EmulatorOptions> = {
  options: emulatorOptionsSchema,
  start,
};

async function start({ endpointUrl, ...given }: EmulatorOptions): Promise<DatabricksEmulator> {
  // A path is one of the workspace.
  const isElsewhere = endpointUrl !== undefined && !endpointUrl.startsWith('/');
  const options = { ...given, routeOptimized: given.routeOptimized || isElsewhere };
  const { endpointName, routeOptimized } = options;
  const id = randomBytes(16).toString('hex');
  const details = authorizationDetails(id);
  const tokens = new EmulatedTokens({
    lifetimeSeconds: options.tokenLifetime === undefined ? undefined : parseDuration(options.tokenLifetime),
    authorizationDetails: details,
  });
  const endpointServing = new EmulatedServing({
    ...{ concurrency: options.concurrency, permission: options.permission },
    servedEntities: options.servedEntities as readonly ServedEntity[] | undefined,
    updateMilliseconds: parseDuration(options.updateTime)! * 1000,
  });
  const metrics = new EmulatedExport(
    endpointName,
    options.concurrency,
    parseDuration(options.serviceTime)!,
    () => endpointServing.units,
  );
  const workspace = new EmulatedWorkspace(
    tokens,
    () => ({
      name: endpointName,
      id,
      direct: direct && { url: direct.url + directPath(options), authorizationDetails: details },
    }),
    endpointServing,
    () => metrics.text(),
  );
  const chat = new EmulatedChat(options.chat, endpointName);
  const serving = {
    answer: (request: EmulatedRequest): EmulatedResponse => {
      metrics.record(performance.now() - request.receivedAt);
      const text = request.body.toString('utf8');
      const task = chat.taskOf(text);
      return task === undefined
        ? { status: 200, body: { predictions: predictions(text) } }
        : chat.answer(task, request);
    },
    throttled: () => ({
      ...failure(429, 'REQUEST_LIMIT_EXCEEDED', throttledMessages[options.throttledBy]),
      ...(options.retryAfterSeconds !== undefined && {
        headers: { 'retry-after': `${options.retryAfterSeconds}` },
      }),
    }),
  };
  // As the real ones do, a route-optimised endpoint answers at a host of its own.
  const direct = routeOptimized
    ? await startLoopbackEndpoint({
        ...serving,
        capacity: { ...options, port: 0 },
        check: (request) =>
          refuse(request, options, tokens, directPath(options)) ?? checkBody(request, options, chat),
      })
    : undefined;
  const endpoint = await startLoopbackEndpoint({
    ...serving,
    capacity: options,
    check: (request) => {
      const call = `${request.method} ${request.path}`;
      if (call === 'GET /ping' || call === 'GET /health') return { status: 200, body: '\n' };
      const managed = workspace.answer(request);
      if (managed) return managed;
      const refused = call === 'POST /invocations' ? undefined : refuse(request, options, tokens);
      return refused ?? checkBody(request, options, chat);
    },
  });
  const usesOAuth = (options.authentication ?? (routeOptimized ? 'oauth' : 'token')) === 'oauth';
  return {
    url: endpoint.url,
    // Whose credentials are used must not stay when these options are laid over a user's own.
    targetOptions: {
      ...{ baseUrl: endpoint.url, endpointName, clientId: undefined, profile: undefined },
      // The workspace says where it is.
      ...(isElsewhere && { endpointUrl: undefined, endpointId: undefined }),
    },
    environment: {
      DATABRICKS_HOST: endpoint.url,
      ...(usesOAuth
        ? { [clientIdVariable]: tokens.clientId, [clientSecretVariable]: tokens.clientSecret }
        : { [tokenVariable]: tokens.personal }),
    },
    statistics: () => withoutManagement(sum(endpoint.statistics(), direct?.statistics()), workspace.counts),
    serving: endpointServing,
    streams: () => chat.streams,
    tokenRequests: () => ({ ...tokens.counts }),
    stop: async () => {
      await Promise.all([endpoint.stop(), direct?.stop()]);
    },
  };
}

/** Path of a route-optimised endpoint at its own host: the id of the workspace comes first. */
function directPath({ endpointName }: Served): string {
  return `/${emulatedWorkspaceId}/serving-endpoints/${endpointName}/invocations`;
}

function sum(one: EmulatorStatistics, other: EmulatorStatistics | undefined): EmulatorStatistics {
  if (other === undefined) return one;
  return {
    requests: one.requests + other.requests,
    served: one.served + other.served,
    throttled: one.throttled + other.throttled,
    rejected: one.rejected + other.rejected,
  };
}

/** Without what was asked of the workspace itself: tokens, and where an endpoint is. */
function withoutManagement(
  all: EmulatorStatistics,
  { requests, rejected }: EmulatedWorkspace['counts'],
): EmulatorStatistics {
  return { ...all, requests: all.requests - requests, rejected: all.rejected - rejected };
}

/** The messages of the two limits, from Databricks' debugging guide for Model Serving. */
const throttledMessages = {
  endpoint:
    'Too many concurrent requests. Consider increasing the provisioned concurrency of the served entity.',
  workspace:
    'Exceeded max number of parallel requests. Please contact your Databricks representative to increase the limit.',
};

/**
 * The checks in the order of the service: token, then route, then endpoint.
 *
 * @param direct The path of a route-optimised endpoint, when its own host is asked.
 */
function refuse(
  request: EmulatedRequest,
  options: Served,
  tokens: EmulatedTokens,
  direct?: string,
): EmulatedResponse | undefined {
  const sent = bearerOf(request);
  if (typeof sent !== 'string') return sent;
  const isDirect = direct !== undefined;
  const problem = tokens.problemOf(sent, isDirect ? 'endpoint' : 'workspace', !isDirect);
  if (problem !== undefined) return failure(403, 403, problem);
  const { method, path } = request;
  const name = isDirect
    ? path === direct
      ? options.endpointName
      : undefined
    : (/^\/serving-endpoints\/([^/]+)\/invocations$/.exec(path)?.[1] ?? modelOf(request));
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
  // What the service says here is not published.
  if (options.routeOptimized && !isDirect) {
    return failure(400, 'BAD_REQUEST', 'This endpoint is route-optimized: query it at its endpoint_url.');
  }
  return undefined;
}

/** Of the routes that OpenAI's clients use, where the body names the endpoint. */
function modelOf({ path, body }: EmulatedRequest): string | undefined {
  if (!/^\/serving-endpoints\/(?:chat\/completions|completions|embeddings)$/.test(path)) return undefined;
  try {
    return (JSON.parse(body.toString('utf8')) as { model?: string }).model;
  } catch {
    return undefined;
  }
}

function checkBody(
  { headers, body }: EmulatedRequest,
  options: Served,
  chat: EmulatedChat,
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
    if (chat.taskOf(body.toString('utf8')) === undefined) predictions(body.toString('utf8'));
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInput) return failure(400, 'BAD_REQUEST', error.message);
    throw error;
  }
}
