import type { Account } from '../account.js';
import { errorAnswer } from '../answers.js';
import { textOf, type Layer } from '../calls.js';

const ownAccount = '123456789012';

/**
 * Buckets of other accounts: their names cannot be taken, and a caller who expects to own them is refused. Whoever expects
 * nothing reaches them, as far as their own policies allow. moto knows one account alone.
 */
export function foreignBuckets({ behaviour }: Account): Layer {
  return async (call, next) => {
    if (call.service !== 's3') return next(call);
    const bucket = textOf(call, 'Bucket');
    const expected = call.request.headers['x-amz-expected-bucket-owner'];
    if (behaviour.foreignBuckets.includes(bucket)) {
      if (call.name === 's3:CreateBucket') {
        const text = 'The requested bucket name is not available.';
        return errorAnswer(call, 'BucketAlreadyExists', text, 409);
      }
      if (expected !== undefined) return errorAnswer(call, 'AccessDenied', 'Access Denied', 403);
    } else if (expected !== undefined && expected !== ownAccount) {
      return errorAnswer(call, 'AccessDenied', 'Access Denied', 403);
    }
    return next(call);
  };
}
