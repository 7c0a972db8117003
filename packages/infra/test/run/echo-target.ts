import { defineTarget } from '@loadwright/core/target';
import { LoadwrightError, type TargetFactory } from '@loadwright/core';
import {
  capacityOptionsSchema,
  startLoopbackEndpoint,
  type LoopbackEndpoint,
} from '@loadwright/core/testing';
import { z } from 'zod';

const options = z.strictObject({ url: z.string(), token: z.string().optional().meta({ writeOnly: true }) });

type EchoOptions = z.output<typeof options>;

/** The smallest target: asks an endpoint for nothing in particular. The token `wrong` fails its preflight. */
export const echo: TargetFactory<z.input<typeof options>, EchoOptions> = defineTarget({
  specificationVersion: 1,
  kind: 'echo',
  summary: 'an endpoint that answers',
  options,
  example: { url: 'http://127.0.0.1:8000' },
  locustfile: new URL('./locustfile.py', import.meta.url),
  host: ({ url }) => url,
  targetConfig: () => ({}),
  environment: () => [{ name: 'ECHO_TOKEN', secret: true, required: false, description: 'any text' }],
  resolveEnvironment: async ({ token = '' }) => ({ variables: { ECHO_TOKEN: token } }),
  preflight: async ({ token }) => {
    if (token === 'wrong') throw new LoadwrightError('PREFLIGHT_FAILED', 'The token is refused.');
    return { summary: 'ready', latencyMilliseconds: 1 };
  },
});

/** Starts what the echo target asks: 100 slots of 5 ms. */
export function startEcho(status = 200): Promise<LoopbackEndpoint> {
  return startLoopbackEndpoint({
    capacity: capacityOptionsSchema.parse({ concurrency: 100, serviceTime: '5ms' }),
    answer: () => ({ status, body: { ok: status === 200 } }),
    throttled: () => ({ status: 429 }),
  });
}
