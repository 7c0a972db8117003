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
import { handOverStatement } from '../../aws/permissions/hand-over.js';
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

/**
 * What the machine of the master does at its end: it removes the secrets of its fleet, which it need not read for that. Every
 * container of a machine can do it too, and no more with them.
 */
export function forgetStatement(
  duties: Pick<PolicyDuties, 'fleetKind' | 'fleetId' | 'region' | 'owner'>,
): IamStatement {
  return { Effect: 'Allow', Action: ['ssm:DeleteParameters'], Resource: [ofSecrets(duties)] };
}

/** What ECS may do to hand secrets to the containers of a fleet. They are encrypted with aws/ssm, which needs no permission. */
export function executionStatements(
  duties: Pick<PolicyDuties, 'fleetKind' | 'fleetId' | 'region' | 'owner'>,
): IamStatement[] {
  return [
    {
      Effect: 'Allow',
      Action: ['ssm:GetParameters'],
      Resource: [ofSecrets(duties)],
    },
  ];
}

function ofSecrets({ region, owner, ...fleet }: Parameters<typeof forgetStatement>[0]): string {
  return arnOf('ssm', region, `parameter${parameterPrefix(fleet, owner)}*`, anyAccount);
}

/** What ECS may do besides for tasks on Fargate, where no machine has a role for it: fetch the image, and write the logs. */
export function fargateExecutionStatements(
  duties: Omit<PolicyDuties, 'iamStatements'>,
  { repository }: { readonly repository: string },
): IamStatement[] {
  // The agent of a machine does the same, and what is of its cluster.
  const alike = /^(ecr:(GetAuthorizationToken|Batch|GetDownload)|logs:)/;
  const ofAgent = agentStatements(duties, { repository }).flatMap((statement) => {
    const actions = statement.Action.filter((action) => alike.test(action));
    return actions.length > 0 ? [{ ...statement, Action: actions }] : [];
  });
  return [...executionStatements(duties), ...ofAgent];
}

/** The permissions of fleets on ECS. */
export const ecsPolicies: FleetPolicies<EcsWishes> = {
  rows: permissions,
  makesRoles,
  machineStatements: (duties) => [
    ...agentStatements(duties, { cluster: `${kindPrefix(duties.fleetKind)}*` }),
    forgetStatement(duties),
    handOverStatement(duties),
  ],
  boundaryStatements: (region, ofTargets, owner) => {
    const fleet = { ...region, fleetId: anyFleet };
    return [
      ...agentStatements(fleet, { cluster: '*' }),
      ...executionStatements({ ...fleet, owner }),
      forgetStatement({ ...fleet, owner }),
      handOverStatement({ ...fleet, owner }),
      ...ofTargets,
      ...endStatements(fleet),
    ];
  },
};
