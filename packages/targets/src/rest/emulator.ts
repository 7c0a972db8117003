import { randomBytes, randomUUID } from 'node:crypto';
import { stringifyJson, type Emulator, type EmulatorDefinition } from '@loadwright/core/target';
import { capacityOptionsSchema, startLoopbackEndpoint } from '@loadwright/core/testing';
import { z } from 'zod';
import { chatOptionsSchema, EmulatedChat, type EmulatedStream } from '../emulation/emulated-chat.js';
import { noTokens, type TokenRequests } from './cognito/emulated-user-pool.js';
import { authenticationOf, poolOf, poolOptions } from './cognito/emulator-options.js';
import { calledRoutes, ExpectedAnswers, withExpected } from './emulated-answers.js';
import { restWords } from './options.js';

const emulatorOptionsSchema = capacityOptionsSchema.extend({
  basePath: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)*$/, 'must be empty, or a path without a slash at its end')
    .default('/v1')
    .describe('path below which every route answers'),
  authentication: z
    .enum(['none', 'bearer', 'cognito'])
    .optional()
    .describe(
      'what requests must carry; cognito: tokens of a user pool, which it has as well. Default: cognito where the target has it, otherwise none',
    ),
  ...poolOptions,
  ...calledRoutes,
  chat: chatOptionsSchema
    .prefault({})
    .describe('how it answers chats and completions with "stream": true, as a language model does'),
});
type RestEmulatorOptions = z.output<typeof emulatorOptionsSchema>;

/** It also counts the tokens that its user pool gave out. */
export interface PoolEmulator extends Emulator {
  /** By how they were asked for, and the requests for one that were refused. All 0 without authentication cognito. */
  tokenRequests(): TokenRequests;
}

/** It also reports what it streamed to the end. */
interface RestEmulator extends PoolEmulator {
  streams(): readonly EmulatedStream[];
}

/**
 * A loopback service that answers every method and route with a new id and what it was asked: method, path, query and size, and with
 * what the target expects of it.
 */
export const restEmulator: EmulatorDefinition = { options: emulatorOptionsSchema, start };

async function start(options: RestEmulatorOptions): Promise<RestEmulator> {
  const { basePath, ...capacity } = options;
  const authentication = authenticationOf(options, 'none');
  const token = randomBytes(24).toString('base64url');
  const chat = new EmulatedChat(options.chat, '');
  const expected = new ExpectedAnswers(options);
  const pool = authentication === 'cognito' ? poolOf(options) : undefined;
  const endpoint = await startLoopbackEndpoint({
    capacity,
    check: (request) => {
      const { headers, path } = request;
      const ofPool = pool?.answer(request);
      if (ofPool) return ofPool;
      if (!`${path}/`.startsWith(`${basePath}/`)) return { status: 404, body: { message: 'Not Found' } };
      const sent = headers['authorization'];
      const isKnown = authentication === 'none' || sent === `Bearer ${token}`;
      const problem = pool ? pool.problemOf(request) : isKnown ? undefined : 'Unauthorized';
      return problem === undefined ? undefined : { status: 401, body: { message: problem } };
    },
    answer: (request) => {
      const { body, method, query } = request;
      const path = request.path.slice(basePath.length) || '/';
      const text = body.toString();
      const task = asksForStream(text) ? chat.taskOf(text) : undefined;
      if (task !== undefined) return chat.answer(task, request);
      const check = expected.of(method, path);
      const asked = { id: randomUUID(), method, path, query: Object.fromEntries(query), bytes: body.length };
      return {
        status: check?.status[0] ?? 200,
        headers: { 'content-type': 'application/json' },
        body: stringifyJson(withExpected(asked, check ?? {})),
      };
    },
    throttled: () => ({ status: 429, body: { message: 'Too Many Requests' } }),
  });
  const connection = pool?.connection(endpoint.url);
  return {
    url: endpoint.url,
    targetOptions: {
      baseUrl: endpoint.url + basePath,
      authentication,
      // In place of the pool of whoever runs against it.
      cognito: connection?.options,
    },
    environment:
      connection?.environment ?? (authentication === 'bearer' ? { [restWords.tokenVariable]: token } : {}),
    tokenRequests: () => ({ ...(pool?.counts ?? noTokens) }),
    streams: () => chat.streams,
    statistics: () => (pool ? pool.without(endpoint.statistics()) : endpoint.statistics()),
    stop: endpoint.stop,
  };
}

/** As the target asks for one. */
function asksForStream(text: string): boolean {
  try {
    return (JSON.parse(text) as { stream?: unknown } | null)?.stream === true;
  } catch {
    return false;
  }
}
