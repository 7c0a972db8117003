import type { Account } from '../account.js';
import type { Layer } from '../calls.js';

/** The name under which the question for the caller's address is logged and disturbed. */
export const checkIp = 'checkip:Get';

/** `GET /checkip`: what checkip.amazonaws.com answers. */
export function callerAddress({ behaviour }: Account): Layer {
  return async (call, next) =>
    call.name === checkIp
      ? {
          status: 200,
          headers: { 'content-type': 'text/plain' },
          body: Buffer.from(`${behaviour.callerAddress}\n`),
        }
      : next(call);
}
