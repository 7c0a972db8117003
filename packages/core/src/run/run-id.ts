import { randomBytes } from 'node:crypto';

/** A new run id: UTC time, so that names sort, and 40 random bits, so that two runs never share one. */
export function createRunId(now = new Date()): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').replace(/\..*$/, '');
  return `${time}-${randomBytes(5).toString('hex')}`;
}
