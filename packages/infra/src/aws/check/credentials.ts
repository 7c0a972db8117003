import type { Finding } from '@loadwright/core/fleet';
import type { Caller } from '../account/caller.js';
import type { SharedSettings } from '../fleet-settings.js';

/** Beyond the start and the load: workers connect (2 minutes), and the machine and what it held is removed (5). */
const marginSeconds = 420;

/** Do the credentials last until the machine is removed? */
export function checkCredentials(
  { arn, credentialsExpireAt }: Pick<Caller, 'arn' | 'credentialsExpireAt'>,
  { startTimeoutSeconds }: Pick<SharedSettings, 'startTimeoutSeconds'>,
  durationSeconds: number,
): string | Omit<Finding, 'subject'> {
  if (!credentialsExpireAt) return arn;
  const neededSeconds = startTimeoutSeconds + durationSeconds + marginSeconds;
  const leftSeconds = (credentialsExpireAt.getTime() - Date.now()) / 1000;
  const until = `${arn}, until ${credentialsExpireAt.toISOString()}`;
  if (leftSeconds > neededSeconds) return until;
  return {
    state: 'problem',
    detail: `${until}: that is in ${Math.round(leftSeconds / 60)} min, and the fleet takes up to ${Math.ceil(neededSeconds / 60)} min`,
    remedy: 'Log in again (aws sso login), or use credentials that last longer.',
  };
}
