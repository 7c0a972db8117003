import { formatDuration, type Finding, type FleetRequest } from '@loadwright/core/fleet';
import type { Account } from '../aws/account/account.js';
import { nameOf, outsideDelay, parameterPrefix } from '../aws/fleet-identity.js';
import { cluster } from '../aws/kinds/cluster.js';
import { imageTag } from '../aws/kinds/image-tag.js';
import { logGroup, nameOfLogGroup } from '../aws/kinds/log-group.js';
import { parameters } from '../aws/kinds/parameters.js';
import { executionRole, taskRole } from '../aws/kinds/role.js';
import { securityGroup } from '../aws/kinds/security-group.js';
import { allowedTo } from '../aws/plan/words.js';
import { defaultBase } from '../image/index.js';
import { masterPort } from './ports.js';
import type { EcsFleetSettings } from './settings.js';

/**
 * One line for each resource that containers need before they run, whatever they run on.
 *
 * @param roles lines of the roles of what they run on
 */
export function surroundingLines(
  settings: EcsFleetSettings,
  { fleetId, iamStatements }: FleetRequest,
  account: Pick<Account, 'callerAddress'>,
  roles: readonly string[],
): string[] {
  const fleet = { fleetKind: settings.aws.fleetKind, fleetId };
  const { repository } = settings;
  const name = nameOf(fleet);
  const allowed = allowedTo(settings, account).join(', ');
  const unless = (own: string | undefined, ...lines: string[]) => (own === undefined ? lines : []);
  return [
    `${logGroup.name} ${nameOfLogGroup(fleet)}: kept for ${settings.logRetentionDays} days, unless it is removed`,
    ...(settings.isOwnRepository
      ? []
      : [
          `repository ${repository}: shared by all fleets, made where it is missing, never removed by a fleet`,
        ]),
    `${imageTag.name} ${repository}:${name}: the bundle as one layer on ${settings.containerImage ?? defaultBase()}`,
    ...unless(
      settings.securityGroup,
      `${securityGroup.name} ${name}: ${allowed ? `port ${settings.uiPort} from ${allowed}` : 'nobody comes in'}; port ${masterPort} within the group`,
    ),
    ...roles,
    ...unless(
      settings.executionRole,
      `${executionRole.name} ${nameOf(fleet, 'execution')}: reads the parameters`,
    ),
    ...(iamStatements.length > 0
      ? unless(settings.taskRole, `${taskRole.name} ${nameOf(fleet, 'task')}: what the target needs`)
      : []),
    `${parameters.name} ${parameterPrefix(fleet, settings.owner)}*: the login and the secrets, encrypted; AWS removes them ${formatDuration(settings.timeToLiveSeconds + outsideDelay / 1000)} after the start`,
    ...unless(settings.cluster, `${cluster.name} ${name}`),
  ];
}

/** Notes on quotas that are not known to be too small. */
export function quotaLines(quotas: readonly Finding[]): string[] {
  return quotas.flatMap(({ state, detail }) => {
    if (state === 'good') return [`Quota: ${detail}.`];
    return state === 'unknown' ? [`Whether the quota of vCPUs suffices is not known: ${detail}`] : [];
  });
}

/** What is the user's, and what stays. */
export function lastLines(settings: EcsFleetSettings): string[] {
  const ofUser = [
    settings.cluster,
    settings.isOwnRepository ? settings.repository : undefined,
    settings.securityGroup,
    settings.instanceProfile,
    settings.taskRole,
    settings.executionRole,
  ].filter((id) => id !== undefined);
  return [
    ...(ofUser.length > 0 ? [`Yours, used as it is and never removed: ${ofUser.join(', ')}.`] : []),
    'The image stays in the repository, where the next fleet finds its layers; CloudWatch bills logs by the GB. What is sent to the internet or to other regions is billed by the GB on top of this.',
  ];
}
