import { randomBytes } from 'node:crypto';

/** A new run id, which names one test: UTC time, so that ids sort, and 40 random bits, so that two are never the same. */
export function createRunId(now = new Date()): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace('T', '-').replace(/\..*$/, '');
  return `${time}-${randomBytes(5).toString('hex')}`;
}

/** A new fleet id, which names what is deployed, whatever runs on it. Of the form of a run id, and never the same as one. */
export function createFleetId(now = new Date()): string {
  return createRunId(now);
}
