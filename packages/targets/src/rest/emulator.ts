import { randomBytes } from 'node:crypto';
import type { Emulator, EmulatorDefinition } from '@loadwright/core/target';
import { capacityOptionsSchema, startLoopbackEndpoint } from '@loadwright/core/testing';
import { z } from 'zod';
import { restWords } from './options.js';

const emulatorOptionsSchema = capacityOptionsSchema.extend({
  basePath: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)*$/, 'must be empty, or a path without a slash at its end')
    .default('/v1')
    .describe('path below which every route answers'),
  authentication: z.enum(['none', 'bearer']).default('none').describe('what requests must carry'),
});
type RestEmulatorOptions = z.output<typeof emulatorOptionsSchema>;

/** A loopback service that answers every method and route with what it was asked: method, path, query and size. */
export const restEmulator: EmulatorDefinition = { options: emulatorOptionsSchema, start };

async function start({ authentication, basePath, ...capacity }: RestEmulatorOptions): Promise<Emulator> {
  const token = randomBytes(24).toString('base64url');
  const endpoint = await startLoopbackEndpoint({
    capacity,
    check: ({ headers, path }) => {
      if (!`${path}/`.startsWith(`${basePath}/`)) return { status: 404, body: { message: 'Not Found' } };
      const isKnown = authentication === 'none' || headers['authorization'] === `Bearer ${token}`;
      return isKnown ? undefined : { status: 401, body: { message: 'Unauthorized' } };
    },
    answer: ({ body, method, path, query }) => ({
      status: 200,
      body: {
        method,
        path: path.slice(basePath.length) || '/',
        query: Object.fromEntries(query),
        bytes: body.length,
      },
    }),
    throttled: () => ({ status: 429, body: { message: 'Too Many Requests' } }),
  });
  return {
    url: endpoint.url,
    targetOptions: { baseUrl: endpoint.url + basePath, authentication },
    environment: authentication === 'bearer' ? { [restWords.tokenVariable]: token } : {},
    statistics: endpoint.statistics,
    stop: endpoint.stop,
  };
}
