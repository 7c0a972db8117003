import type { Finding } from '@loadwright/core/fleet';

export type Found = string | Omit<Finding, 'subject'>;

/** A subject with the answer to it; what cannot be looked up may be unknown, and no problem. */
export type LookAt = readonly [subject: string, answer: Promise<Found>, failure?: 'unknown'];
