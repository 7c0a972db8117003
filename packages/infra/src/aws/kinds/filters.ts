import type { Filter } from '@aws-sdk/client-ec2';
import type { Scope } from '../kind.js';
import { tagKeys } from '../fleet-identity.js';

/** The most values that a filter takes: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
export const filteredAtOnce = 200;

/** What EC2 is asked for: the resources of one fleet, or all that Loadwright made. */
export function ec2Filters({ fleetId }: Scope): Filter[] {
  return [
    fleetId === undefined
      ? { Name: 'tag-key', Values: [tagKeys.fleetId] }
      : { Name: `tag:${tagKeys.fleetId}`, Values: [fleetId] },
  ];
}
