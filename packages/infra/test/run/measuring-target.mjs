import { defineTarget, preflightFailure } from '@loadwright/core/target';
import { LoadwrightError } from '@loadwright/core';
import { z } from 'zod';

/** A target of a project's own, which measures more than the time of its requests. */
export default defineTarget({
  specificationVersion: 1,
  kind: 'measuring',
  summary: 'a service whose answers say how long they waited',
  options: z.strictObject({ url: z.string() }),
  example: { url: 'http://127.0.0.1:8000' },
  locustfile: new URL('./measuring_locustfile.py', import.meta.url),
  host: ({ url }) => url,
  targetConfig: () => ({ timeoutSeconds: 5, expect: { status: [200] } }),
  metrics: {
    time_in_queue: { kind: 'trend', unit: 'ms', description: 'as the service says' },
    from_cache: { kind: 'rate', unit: '', description: '' },
  },
  preflight: async (_, { request }) => {
    const asked = await request();
    if (asked.answer === null) throw preflightFailure(asked, 'the service');
    const { status } = asked.answer;
    if (status !== 200) {
      throw new LoadwrightError('PREFLIGHT_FAILED', `HTTP ${status}`, { retryable: status >= 500 });
    }
    return { summary: `answered ${status}`, latencyMilliseconds: asked.seconds * 1000 };
  },
});
