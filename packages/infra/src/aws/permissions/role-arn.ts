import { iamPath, type FleetRegion } from '../fleet-identity.js';
import { arnOf } from './arn.js';

/** The ARN of a role that a fleet makes. */
export function roleArn(
  fleet: FleetRegion,
  { owner, accountId }: { readonly owner: string | undefined; readonly accountId: string },
  name: string,
): string {
  return arnOf('iam', fleet.region, `role${iamPath(fleet, owner)}${name}`, { inRegion: false, accountId });
}
