import { parseJson, stringifyJson, type BodyLimit, type MeasuredPayload } from '@loadwright/core/target';
import type { SagemakerOptions } from './options.js';

/** What InvokeEndpointAsync takes within a request, in bytes: its model, member Body. */
export const mostInlineBytes = 128_000;

/** The longest body. With `async` inputs lie in S3, or are short. */
export function bodyLimit({ async, maxBodyBytes, targetModelFrom }: SagemakerOptions): BodyLimit | undefined {
  if (!async) {
    return {
      ...{ bytes: maxBodyBytes, what: 'is the longest body that the endpoint takes (maxBodyBytes)' },
      hint: 'Send smaller payloads, or set maxBodyBytes if this endpoint takes longer ones. Larger inputs are a matter of async with inputPrefix.',
      ...(targetModelFrom !== undefined && {
        made: { mostAdded: 0, bytesOf: (payload) => bytesWithout(targetModelFrom, payload) },
      }),
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

/** How long a payload is without the member that names its model, which is not sent. */
function bytesWithout(pointer: string, { bytes, kind, text }: MeasuredPayload): number {
  if (kind !== 'json') return bytes;
  const document = parseJson(text);
  const tokens = pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const member = tokens.pop()!;
  const within = tokens.reduce<unknown>(
    (value, token) => (value as Record<string, unknown> | undefined)?.[token],
    document,
  );
  if (within !== null && typeof within === 'object') Reflect.deleteProperty(within, member);
  return Buffer.byteLength(stringifyJson(document));
}
