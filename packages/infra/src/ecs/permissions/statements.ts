import type { IamStatement } from '@loadwright/core/fleet';
import {
  kindPrefix,
  nameOf,
  parameterPrefix,
  type FleetName,
  type FleetRegion,
} from '../../aws/fleet-identity.js';
import { nameOfLogGroup } from '../../aws/kinds/log-group.js';
import { arnOf } from '../../aws/permissions/arn.js';
import { endStatements } from '../../aws/permissions/end.js';
import type { FleetPolicies, PolicyDuties } from '../../aws/permissions/fleet-policies.js';
import { sessionManagerStatement } from '../../aws/permissions/session-manager.js';
import { anyFleet } from '../../aws/permissions/tag-condition.js';
import { makesRoles, permissions, type EcsWishes } from './table.js';

const anyAccount = { accountId: '*' } as const;

/**
 * What the agent of a machine may do, and nothing besides: with host networking every container of it can take on its role.
 * Like AWS's own policy AmazonEC2ContainerServiceforEC2Role, without what only other set-ups need.
 *
 * @param place.cluster where it registers: of which name, or a pattern
 * @param place.repository where its images are
 */
export function agentStatements(
  fleet: FleetName & FleetRegion,
  {
    cluster = nameOf(fleet),
    repository = '*',
  }: { readonly cluster?: string; readonly repository?: string } = {},
): IamStatement[] {
  const { fleetKind, fleetId, region } = fleet;
  const ofEcs = (name: string) => arnOf('ecs', region, name, anyAccount);
  const logs = arnOf('logs', region, `log-group:${nameOfLogGroup({ fleetKind, fleetId })}`, anyAccount);
  return [
    {
      Effect: 'Allow',
      Action: [
        'ecs:DeregisterContainerInstance',
        'ecs:RegisterContainerInstance',
        'ecs:SubmitAttachmentStateChanges',
        'ecs:SubmitContainerStateChange',
        'ecs:SubmitTaskStateChange',
      ],
      Resource: [ofEcs(`cluster/${cluster}`)],
    },
    {
      Effect: 'Allow',
      Action: ['ecs:Poll', 'ecs:StartTelemetrySession', 'ecs:UpdateContainerInstancesState'],
      Resource: [ofEcs(`container-instance/${cluster}/*`)],
    },
    // Neither can be limited to resources.
    { Effect: 'Allow', Action: ['ecr:GetAuthorizationToken', 'ecs:DiscoverPollEndpoint'], Resource: ['*'] },
    {
      Effect: 'Allow',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: [arnOf('ecr', region, `repository/${repository}`, anyAccount)],
    },
    { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: [`${logs}:*`] },
    sessionManagerStatement,
  ];
}

/** What ECS may do to hand secrets to the containers of a fleet. They are encrypted with aws/ssm, which needs no permission. */
export function executionStatements(
  duties: Pick<PolicyDuties, 'fleetKind' | 'fleetId' | 'region' | 'owner'>,
): IamStatement[] {
  const secrets = `parameter${parameterPrefix(duties, duties.owner)}*`;
  return [
    {
      Effect: 'Allow',
      Action: ['ssm:GetParameters'],
      Resource: [arnOf('ssm', duties.region, secrets, anyAccount)],
    },
  ];
}

/** The permissions of fleets on ECS. */
export const ecsPolicies: FleetPolicies<EcsWishes> = {
  rows: permissions,
  makesRoles,
  machineStatements: (duties) => agentStatements(duties, { cluster: `${kindPrefix(duties.fleetKind)}*` }),
  boundaryStatements: (region, ofTargets, owner) => {
    const fleet = { ...region, fleetId: anyFleet };
    return [
      ...agentStatements(fleet, { cluster: '*' }),
      ...executionStatements({ ...fleet, owner }),
      ...ofTargets,
      ...endStatements(fleet),
    ];
  },
};
