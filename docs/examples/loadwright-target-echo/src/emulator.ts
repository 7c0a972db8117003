import { randomBytes } from 'node:crypto';
import type { EmulatorDefinition } from '@loadwright/core/target';
import { capacityOptionsSchema, startLoopbackEndpoint, type CapacityOptions } from '@loadwright/core/testing';

/** A local stand-in: it checks the token as the service does, and has a known capacity. */
export const echoEmulator: EmulatorDefinition<unknown, CapacityOptions> = {
  options: capacityOptionsSchema,
  async start(capacity) {
    const token = randomBytes(12).toString('hex');
    const endpoint = await startLoopbackEndpoint({
      capacity,
      check(request) {
        if (request.path !== '/echo') return { status: 404, body: { code: 'NotFound' } };
        if (request.headers['authorization'] !== `Bearer ${token}`) {
          return { status: 401, body: { code: 'Unauthorized' } };
        }
        return undefined;
      },
      answer: (request) => ({
        status: 200,
        headers: { 'content-type': request.headers['content-type'] ?? 'application/octet-stream' },
        body: request.body,
      }),
      throttled: () => ({ status: 429, body: { code: 'TooManyRequests' } }),
    });
    return {
      url: endpoint.url,
      targetOptions: { url: endpoint.url },
      environment: { ECHO_TOKEN: token },
      statistics: endpoint.statistics,
      stop: endpoint.stop,
    };
  },
};
