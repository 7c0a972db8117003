import { z } from 'zod';

const megabyte = 1024 * 1024;

/** How large the body of an answer may be, as it comes: the option `maxAnswerBytes` of the HTTP targets. */
export function maxAnswerBytesSchema() {
  return z
    .int()
    .min(1)
    .max(1024 * megabyte)
    .default(64 * megabyte)
    .describe(
      'largest body of an answer, in bytes as it comes. A larger or endless one is a failure of the kind size, and ends the connection',
    );
}
