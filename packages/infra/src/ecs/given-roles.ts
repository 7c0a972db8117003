import type { Finding } from '@loadwright/core/fleet';
import type { Caller } from '../aws/account/caller.js';
import { lookUpProfileRole } from '../aws/account/profile-role.js';
import { checkMachineRole } from '../aws/check/permissions.js';
import type { Aws } from '../aws/clients.js';
import { kindPrefix } from '../aws/fleet-identity.js';
import { handOverStatement } from '../aws/permissions/hand-over.js';
import { anyFleet } from '../aws/permissions/tag-condition.js';
import type { LookAt } from '../aws/check/looks.js';
import {
  agentStatements,
  executionStatements,
  fargateExecutionStatements,
} from './permissions/statements.js';
import type { EcsFleetSettings } from './settings.js';

/** What the roles that the user brings lack: machines and tasks get nothing but what they allow. */
export function checksOfGivenRoles(
  aws: Aws,
  settings: EcsFleetSettings,
  caller: Promise<Caller>,
): readonly LookAt[] {
  const { instanceProfile, executionRole, launchType, repository, access, owner, cluster } = settings;
  const fleet = { ...aws.fleet(anyFleet), region: aws.settings.region, owner };
  const check = async (
    arn: Promise<string> | string,
    option: 'instanceProfile' | 'executionRole',
    needed: Parameters<typeof checkMachineRole>[4],
  ): Promise<string | Omit<Finding, 'subject'>> =>
    checkMachineRole(aws, await caller, await arn, access, needed, option);
  return [
    ...(instanceProfile === undefined
      ? []
      : [
          [
            'permissions of the machines',
            check(lookUpProfileRole(aws, instanceProfile), 'instanceProfile', [
              ...agentStatements(fleet, {
                cluster: cluster ?? `${kindPrefix(fleet.fleetKind)}*`,
                repository,
              }),
              ...(access === 'https' ? [handOverStatement(fleet)] : []),
            ]),
            'unknown',
          ] as const,
        ]),
    ...(executionRole === undefined
      ? []
      : [
          [
            'permissions of the execution role',
            check(
              executionRole,
              'executionRole',
              launchType === 'fargate'
                ? fargateExecutionStatements(fleet, { repository })
                : executionStatements(fleet),
            ),
            'unknown',
          ] as const,
        ]),
  ];
}
