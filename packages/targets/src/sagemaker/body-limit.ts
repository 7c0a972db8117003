import type { BodyLimit } from '@loadwright/core/target';
import type { SagemakerOptions } from './options.js';

/** What InvokeEndpointAsync takes within a request, in bytes: its model, member Body. */
export const mostInlineBytes = 128_000;

/** The longest body. With `async` inputs lie in S3, or are short. */
export function bodyLimit({ async, maxBodyBytes }: SagemakerOptions): BodyLimit | undefined {
  if (!async) {
    return {
      ...{ bytes: maxBodyBytes, what: 'is the longest body that the endpoint takes (maxBodyBytes)' },
      hint: 'Send smaller payloads, or set maxBodyBytes if this endpoint takes longer ones. Larger inputs are a matter of async with inputPrefix.',
    };
  }
  if (async.inputPrefix !== undefined || async.inputLocations) return undefined;
  return {
    ...{
      bytes: mostInlineBytes,
      what: 'is the longest input that InvokeEndpointAsync takes within a request',
    },
    hint: 'Give async.inputPrefix: a folder of S3 that Loadwright puts the inputs into before the load.',
  };
}
