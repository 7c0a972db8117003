import { kindPrefix } from '../../aws/fleet-identity.js';
import { nameOfLogGroup } from '../../aws/kinds/log-group.js';
import { arnOf } from '../../aws/permissions/arn.js';
import {
  machineRows,
  makesRoles as makesOthers,
  type MachineWishes,
} from '../../aws/permissions/machine-rows.js';
import type { PermissionRow } from '../../aws/permissions/needed.js';
import type { Place } from '../../aws/permissions/place.js';
import { anyFleet, tagCondition } from '../../aws/permissions/tag-condition.js';
import { changingFacts } from '../../aws/fleets/facts.js';
import { crewTag } from '../scale/crew.js';

/** What of a plan decides which permissions it needs. */
export interface EcsWishes extends MachineWishes {
  readonly launchType: 'ec2' | 'fargate';
  readonly cluster?: string | undefined;
  /** The repository of images. */
  readonly repository: string;
  readonly isOwnRepository: boolean;
  readonly taskRole?: string | undefined;
  readonly executionRole?: string | undefined;
}

/** Are roles made at all? */
export const makesRoles = (wishes: EcsWishes): boolean =>
  makesOthers(wishes) || wishes.taskRole === undefined || wishes.executionRole === undefined;

const changingTags = [crewTag, ...changingFacts];
const onFargate = ({ launchType }: EcsWishes) => launchType === 'fargate';

const everything = () => ['*'];

/**
 * Whatever ECS has of a cluster, and task definitions: their ARNs begin with the name of the cluster or of the family. In the same
 * way those of a cluster of the user's.
 */
const ofEcs = ({ fleetKind, region, accountId }: Place, { cluster }: EcsWishes) =>
  [`*/${kindPrefix(fleetKind)}*`, ...(cluster === undefined ? [] : [`*/${cluster}`, `*/${cluster}/*`])].map(
    (name) => arnOf('ecs', region, name, { accountId }),
  );

const ofRepository = ({ region, accountId }: Place, { repository }: EcsWishes) => [
  arnOf('ecr', region, `repository/${repository}`, { accountId }),
];

const ofLogs = ({ fleetKind, region, accountId }: Place) => [
  arnOf('logs', region, `log-group:${nameOfLogGroup({ fleetKind, fleetId: '*' })}`, { accountId }),
];

const getsTag = ({ fleetKind }: Place) => tagCondition('aws:RequestTag', { fleetKind, fleetId: anyFleet });

const others: readonly PermissionRow<EcsWishes>[] = [
  {
    id: 'LookAtClusters',
    // None of them can be limited to resources.
    actions: [
      'ecs:DescribeTaskDefinition',
      'ecs:ListClusters',
      'ecs:ListTaskDefinitionFamilies',
      'ecs:ListTaskDefinitions',
      'ecs:ListTasks',
      'logs:DescribeLogGroups',
    ],
    resources: everything,
    why: 'find the clusters, tasks, task definitions and logs that earlier runs have left',
  },
  {
    id: 'MakeCluster',
    actions: ['ecs:CreateCluster', 'ecs:RegisterTaskDefinition'],
    resources: everything,
    condition: getsTag,
    why: 'make the cluster, and say what its containers run',
  },
  {
    id: 'ForgetTaskDefinitions',
    actions: ['ecs:DeregisterTaskDefinition'],
    resources: everything,
    why: 'remove what its containers ran',
  },
  {
    id: 'UseCluster',
    actions: [
      'ecs:CreateService',
      'ecs:DeleteCluster',
      'ecs:DeleteService',
      'ecs:DeleteTaskDefinitions',
      'ecs:DeregisterContainerInstance',
      'ecs:DescribeClusters',
      'ecs:DescribeContainerInstances',
      'ecs:DescribeServices',
      'ecs:DescribeTasks',
      'ecs:ListContainerInstances',
      'ecs:TagResource',
      'ecs:UpdateContainerInstancesState',
    ],
    resources: ofEcs,
    why: 'run master and workers in the cluster, see how they are, and remove them',
  },
  {
    id: 'NoteChanges',
    actions: ['ec2:CreateTags'],
    resources: ({ region, accountId }) => [arnOf('ec2', region, 'instance/*', { accountId })],
    condition: (place) => ({
      StringEquals: tagCondition('aws:ResourceTag', { ...place, fleetId: anyFleet })['StringEquals'] ?? {},
      'ForAllValues:StringEquals': { 'aws:TagKeys': changingTags },
    }),
    why: 'note on the machine of the master how many workers there are since a change, and what they cost',
  },
  {
    id: 'RunTasks',
    actions: ['ecs:RunTask', 'ecs:StopTask'],
    resources: ofEcs,
    why: 'start master and workers on Fargate, and end them',
    when: onFargate,
  },
  {
    id: 'ForwardPortOfTask',
    actions: ['ssm:StartSession'],
    resources: (place, wishes) => ofEcs(place, wishes).map((arn) => arn.replace(':*/', ':task/')),
    why: 'reach the web UI through Session Manager',
    when: (wishes) => onFargate(wishes) && wishes.access !== 'http',
  },
  {
    id: 'LogInToRegistry',
    actions: ['ecr:GetAuthorizationToken'],
    resources: everything,
    why: 'send the image of the bundle',
  },
  {
    id: 'KeepImages',
    actions: [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchDeleteImage',
      'ecr:BatchGetImage',
      'ecr:CompleteLayerUpload',
      'ecr:DescribeImages',
      'ecr:DescribeRepositories',
      'ecr:GetDownloadUrlForLayer',
      'ecr:InitiateLayerUpload',
      'ecr:PutImage',
      'ecr:UploadLayerPart',
    ],
    resources: ofRepository,
    why: 'send the image of the bundle, and remove the tag of a fleet',
  },
  {
    id: 'MakeRepository',
    actions: ['ecr:CreateRepository', 'ecr:PutLifecyclePolicy', 'ecr:TagResource'],
    resources: ofRepository,
    why: 'make the repository that all fleets share, the first time',
    when: ({ isOwnRepository }) => !isOwnRepository,
  },
  {
    id: 'KeepLogs',
    actions: [
      'logs:CreateLogGroup',
      'logs:DeleteLogGroup',
      'logs:FilterLogEvents',
      'logs:ListTagsForResource',
      'logs:PutRetentionPolicy',
      'logs:TagResource',
    ],
    resources: (place) => ofLogs(place).flatMap((arn) => [arn, `${arn}:*`]),
    why: 'keep what the containers write, for a while, and read it',
  },
  {
    id: 'FirstCluster',
    actions: ['iam:CreateServiceLinkedRole'],
    resources: ({ region, accountId }) => [
      arnOf('iam', region, 'role/aws-service-role/ecs.amazonaws.com/*', { inRegion: false, accountId }),
    ],
    condition: () => ({ StringEquals: { 'iam:AWSServiceName': 'ecs.amazonaws.com' } }),
    why: 'let AWS make the role of ECS, the first time that the account has a cluster',
  },
];

/** What only machines need. */
const ofMachines = new Set([
  'FindEcsImage',
  'FirstSpotMachine',
  'ForwardPort',
  'NoteChanges',
  'ReadSpotPrice',
  'StartMachine',
  'StartMachineFrom',
]);

/** Every permission of fleets on ECS. */
export const permissions = machineRows<EcsWishes>({
  lookAround: ['ec2:DescribeNetworkAcls'],
  image: [
    {
      id: 'FindEcsImage',
      actions: ['ssm:GetParameters'],
      resources: ({ region }) => [arnOf('ssm', region, 'parameter/aws/service/ecs/*')],
      why: 'find the newest image of AWS for machines of ECS',
      when: ({ image }) => image === undefined,
    },
  ],
  others,
  makesRoles,
  passedTo: ['ecs-tasks.amazonaws.com'],
  givenRoles: ({ taskRole, executionRole }) =>
    [taskRole, executionRole].filter((arn): arn is string => arn !== undefined),
}).map((row) =>
  ofMachines.has(row.id)
    ? {
        ...row,
        when: (wishes: EcsWishes) => wishes.launchType !== 'fargate' && (row.when?.(wishes) ?? true),
      }
    : row,
);
