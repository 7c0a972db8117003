import { randomBytes, randomUUID } from 'node:crypto';
import type { EmulatorDefinition } from '@loadwright/core/target';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type EmulatedRequest,
  type EmulatedResponse,
} from '@loadwright/core/testing';
import { z } from 'zod';
import { noTokens, type EmulatedUserPool } from '../rest/cognito/emulated-user-pool.js';
import { authenticationOf, poolOf, poolOptions } from '../rest/cognito/emulator-options.js';
import type { PoolEmulator } from '../rest/emulator.js';
import { verifySignature, type AcceptedCredentials } from '../sagemaker/verify-signature.js';
import { apiKeyVariable, bearerTokenVariable } from './credentials.js';

const emulatorOptionsSchema = capacityOptionsSchema.extend({
  stage: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be 1 to 128 letters, digits, hyphens and underscores')
    .default('api')
    .describe('stage of the API, the first part of every path'),
  authentication: z
    .enum(['none', 'api-key', 'bearer', 'cognito', 'iam'])
    .optional()
    .describe(
      'what requests must carry; cognito: tokens of a user pool, which it has as well. Default: cognito where the target has it, otherwise api-key',
    ),
  ...poolOptions,
  region: z.string().min(1).default('eu-west-1').describe('region that signatures are made for, with iam'),
});

type Given = z.output<typeof emulatorOptionsSchema>;
type ChaliceEmulatorOptions = Given & { readonly authentication: NonNullable<Given['authentication']> };

/** The linear model behind the service: cost = base + perUnit × distance. */
const price = { base: 2.5, perUnit: 1.75 } as const;

/** A loopback Chalice service behind API Gateway: keys, tokens, routes, validation, throttling and latency. */
export const chaliceEmulator: EmulatorDefinition = { options: emulatorOptionsSchema, start };

async function start(given: Given): Promise<PoolEmulator> {
  const options = { ...given, authentication: authenticationOf(given, 'api-key') };
  const pool = options.authentication === 'cognito' ? poolOf(options) : undefined;
  const secret = randomBytes(24).toString('base64url');
  const credentials: AcceptedCredentials = {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    sessionToken: randomBytes(48).toString('base64url'),
  };
  const endpoint = await startLoopbackEndpoint({
    capacity: options,
    check: async (request) =>
      pool?.answer(request) ??
      (await checkSignature(request, options, credentials)) ??
      checkRequest(request, options, secret, pool),
    answer: ({ body }) => {
      const { distance } = JSON.parse(body.toString()) as { distance: number };
      return respond(200, { cost: price.base + price.perUnit * distance });
    },
    throttled: () => gatewayError(429, 'TooManyRequestsException', 'Too Many Requests'),
  });
  const connection = pool?.connection(endpoint.url);
  const variables = {
    none: {},
    cognito: connection?.environment ?? {},
    'api-key': { [apiKeyVariable]: secret },
    bearer: { [bearerTokenVariable]: secret },
    iam: {
      // An empty AWS_PROFILE counts as none: a profile would be preferred over these credentials.
      AWS_PROFILE: '',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    },
  };
  return {
    url: endpoint.url,
    targetOptions: {
      baseUrl: `${endpoint.url}/${options.stage}`,
      secretHeaders: {},
      authentication: options.authentication,
      ...(options.authentication === 'iam' && { region: options.region }),
      // In place of the pool of whoever runs against it.
      cognito: connection?.options,
    },
    environment: variables[options.authentication],
    tokenRequests: () => ({ ...(pool?.counts ?? noTokens) }),
    statistics: () => (pool ? pool.without(endpoint.statistics()) : endpoint.statistics()),
    stop: endpoint.stop,
  };
}

async function checkSignature(
  request: EmulatedRequest,
  { authentication, region }: ChaliceEmulatorOptions,
  credentials: AcceptedCredentials,
): Promise<EmulatedResponse | undefined> {
  if (authentication !== 'iam') return undefined;
  const refusal = await verifySignature(request, credentials, region, Date.now(), 'execute-api');
  return refusal && gatewayError(403, refusal.type, refusal.message);
}

/** First what API Gateway looks at, then what Chalice and the service do. */
function checkRequest(
  request: EmulatedRequest,
  { authentication, stage }: ChaliceEmulatorOptions,
  secret: string,
  pool: EmulatedUserPool | undefined,
): EmulatedResponse | undefined {
  const route = `${request.method} ${request.path.replace(`/${stage}`, '') || '/'}`;
  if (!`${request.path}/`.startsWith(`/${stage}/`) || !['GET /', 'POST /evaluate'].includes(route)) {
    return gatewayError(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (authentication === 'api-key' && request.headers['x-api-key'] !== secret) {
    return gatewayError(403, 'ForbiddenException', 'Forbidden');
  }
  if (authentication === 'bearer' && request.headers['authorization'] !== `Bearer ${secret}`) {
    return gatewayError(401, 'UnauthorizedException', 'Unauthorized');
  }
  const problem = pool?.problemOf(request);
  if (problem !== undefined) return gatewayError(401, 'UnauthorizedException', problem);
  if (route === 'GET /')
    return respond(200, { message: 'POST {"distance": number} to /evaluate for its cost.' });
  return checkEvaluation(request);
}

function checkEvaluation({ body, headers }: EmulatedRequest): EmulatedResponse | undefined {
  const contentType = headers['content-type'];
  if (contentType === undefined) {
    return chaliceError(500, 'InternalServerError', 'An internal server error occurred.');
  }
  if (contentType.split(';', 1)[0]!.trim().toLowerCase() !== 'application/json') {
    return chaliceError(415, 'UnsupportedMediaType', `Unsupported media type: ${contentType}`);
  }
  let input: unknown;
  try {
    input = JSON.parse(body.toString());
  } catch {
    return chaliceError(400, 'BadRequestError', 'Error Parsing JSON');
  }
  const distance = (input as { distance?: unknown } | null)?.distance;
  if (typeof distance !== 'number' || distance <= 0) {
    return chaliceError(400, 'BadRequestError', 'distance must be a positive number');
  }
  return undefined;
}

function respond(status: number, body: object, headers: Record<string, string> = {}): EmulatedResponse {
  return { status, headers: { 'x-amzn-RequestId': randomUUID(), ...headers }, body };
}

function chaliceError(status: number, Code: string, Message: string): EmulatedResponse {
  return respond(status, { Code, Message });
}

function gatewayError(status: number, type: string, message: string): EmulatedResponse {
  return respond(status, { message }, { 'x-amzn-ErrorType': type });
}
