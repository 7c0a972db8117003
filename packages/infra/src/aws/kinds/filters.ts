import type { Filter } from '@aws-sdk/client-ec2';
import type { Scope } from '../kind.js';
import { tagKeys } from '../run-identity.js';

/** What EC2 is asked for: the resources of one run, or all that Loadwright made. */
export function ec2Filters({ runId }: Scope): Filter[] {
  return [
    runId === undefined
      ? { Name: 'tag-key', Values: [tagKeys.runId] }
      : { Name: `tag:${tagKeys.runId}`, Values: [runId] },
  ];
}
