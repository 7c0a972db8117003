import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { clockOffset, type ClockOffset } from '@loadwright/core';

/**
 * Lets a client compare the clock of the service with this machine's whenever it is answered, refusals included.
 *
 * @returns gives the last comparison; undefined when no answer had a date.
 */
export function compareClocks(client: SageMakerRuntimeClient): () => ClockOffset | undefined {
  let offset: ClockOffset | undefined;
  client.middlewareStack.add(
    (next) => async (input) => {
      const sentAt = Date.now();
      const result = await next(input);
      const { headers } = result.response as { headers: Readonly<Record<string, string>> };
      offset = clockOffset(headers['date'], sentAt, Date.now());
      return result;
    },
    // The lowest is next to the wire: what stands above turns a refusal into an error.
    { name: 'compareClocks', step: 'deserialize', priority: 'low' },
  );
  return () => offset;
}
