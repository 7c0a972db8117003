import { createHash } from 'node:crypto';

/** Short, of anything that JSON holds. */
export const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
