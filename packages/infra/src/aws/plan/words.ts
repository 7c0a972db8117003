import { formatDuration } from '@loadwright/core/fleet';
import { isPublic } from '../access.js';
import type { Account } from '../account/account.js';
import type { Caller } from '../account/caller.js';
import { checkCredentials } from '../check/credentials.js';
import type { SharedSettings } from '../fleet-settings.js';

/** Ranges that hold every address there is. */
const everybody = new Set(['0.0.0.0/0', '::/0']);

const ways = {
  'session-manager': 'The web UI is reached by a port forward of Session Manager: no port is open',
  https:
    'The web UI is encrypted, with a certificate that the machine makes: this command takes no other, and shows its SHA-256 for browsers',
  http: 'The web UI is plain HTTP: its login and what it shows can be read on the way. With access: https they cannot',
} as const;

/** How the web UI is reached, and why so. */
export function describeAccess({ access, accessReason }: SharedSettings): string {
  return `${ways[access]}${accessReason === undefined ? '' : `. access is ${access} because ${accessReason}`}.`;
}

/** What of a fleet says who may reach its web UI. */
interface UiWish extends SharedSettings {
  readonly securityGroup?: string | undefined;
  readonly allowedAddresses?: readonly string[] | undefined;
}

/** Who may reach the web UI from outside. */
export function allowedTo(
  settings: UiWish,
  { callerAddress }: Pick<Account, 'callerAddress'>,
): readonly string[] {
  if (!isPublic(settings.access) || settings.securityGroup !== undefined) return [];
  return settings.allowedAddresses ?? (callerAddress === undefined ? [] : [`${callerAddress}/32`]);
}

/** What people should think about with every fleet on AWS: first, and last. */
export function sharedWarnings(
  settings: UiWish,
  durationSeconds: number,
  account: Caller & Pick<Account, 'callerAddress'>,
): { readonly early: readonly string[]; readonly late: readonly string[] } {
  const credentials = checkCredentials(account, settings, durationSeconds);
  const { timeToLiveSeconds, startTimeoutSeconds } = settings;
  const leftSeconds = timeToLiveSeconds - durationSeconds;
  return {
    early: [
      ...(typeof credentials === 'string'
        ? []
        : [
            `The credentials may end before the machine is removed: ${credentials.detail}. Those that renew themselves, of a role in a profile say, do not.`,
          ]),
      ...(allowedTo(settings, account).some((range) => everybody.has(range))
        ? ['Everybody on the internet may reach the web UI; only its login protects it.']
        : []),
    ],
    late: [
      ...(leftSeconds < startTimeoutSeconds
        ? [
            `Of its ${formatDuration(timeToLiveSeconds)} the machine has ${formatDuration(leftSeconds)} to start in, and may take up to ${formatDuration(startTimeoutSeconds)} (startTimeout): it may end before the test.`,
          ]
        : []),
    ],
  };
}
