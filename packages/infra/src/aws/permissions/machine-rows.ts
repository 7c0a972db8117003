import type { Place } from './place.js';
import { iamPath, kindPrefix, parameterPrefix } from '../fleet-identity.js';
import { arnOf } from './arn.js';
import type { Access } from '../access.js';
import { endsFromOutside, type EndWish } from './end.js';
import { boundaryOf, type BoundaryWish } from './boundary.js';
import type { PermissionRow } from './needed.js';
import { anyFleet, tagCondition } from './tag-condition.js';

/** What of a plan decides which permissions it needs. */
export interface MachineWishes extends BoundaryWish, EndWish {
  /** Absent: nobody has chosen yet, and every way is allowed. */
  readonly access?: Access | undefined;
  readonly spot: boolean;
  readonly securityGroup?: string | undefined;
  /** ARN of the role in that profile; absent when nobody has looked it up. */
  readonly instanceProfileRole?: string | undefined;
  readonly image?: string | undefined;
}

/** Actions that AWS cannot limit to resources: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const everything = () => ['*'];

const ofEc2 =
  (...names: readonly string[]) =>
  ({ region, accountId }: Place) =>
    names.map((name) => arnOf('ec2', region, `${name}/*`, { accountId }));

const ofIam =
  (kind: string) =>
  (place: Place, { owner }: MachineWishes) => [
    arnOf('iam', place.region, `${kind}${iamPath(place, owner)}${kindPrefix(place.fleetKind)}*`, {
      inRegion: false,
      accountId: place.accountId,
    }),
  ];

const ofSsm = ({ fleetKind, region, accountId }: Place, { owner }: MachineWishes) => [
  arnOf(
    'ssm',
    region,
    `parameter${parameterPrefix({ fleetKind, fleetId: anyFleet }, owner).replace(/\/$/, '')}`,
    { accountId },
  ),
];

const tagged =
  (key: Parameters<typeof tagCondition>[0]) =>
  ({ fleetKind }: Place) =>
    tagCondition(key, { fleetKind, fleetId: anyFleet });

const isTagged = tagged('aws:ResourceTag');
const getsTag = tagged('aws:RequestTag');
const ownGroup = ({ securityGroup }: MachineWishes) => securityGroup === undefined;
const throughSession = ({ access }: MachineWishes) => access === undefined || access === 'session-manager';
const ownProfile = ({ instanceProfile }: MachineWishes) => instanceProfile === undefined;

/** Are roles made at all? */
export const makesRoles = (wishes: MachineWishes): boolean => ownProfile(wishes) || endsFromOutside(wishes);

const ofScheduler = ({ fleetKind, region, accountId }: Place) => [
  arnOf('scheduler', region, `schedule/default/${kindPrefix(fleetKind)}*`, { accountId }),
];

/** A pattern where the account is not known. */
const isBounded = (place: Place, wishes: MachineWishes) => ({
  StringLike: { 'iam:PermissionsBoundary': boundaryOf(place, wishes) },
});

/** Those of Loadwright's path, or the one in a profile of the user: its name is that of the profile when the console made both. */
const passedRoles = (place: Place, wishes: MachineWishes, makesOthers: boolean) => {
  const { instanceProfile, instanceProfileRole } = wishes;
  if (instanceProfile === undefined) return ofIam('role')(place, wishes);
  const ofSchedule = makesOthers || endsFromOutside(wishes) ? ofIam('role')(place, wishes) : [];
  if (instanceProfileRole !== undefined) return [instanceProfileRole, ...ofSchedule];
  const named = [`role/${instanceProfile}`, `role/*/${instanceProfile}`].map((name) =>
    arnOf('iam', place.region, name, { inRegion: false, accountId: place.accountId }),
  );
  return [...named, ...ofSchedule];
};

/** A profile of the user may have any path. */
const givenProfile = ({ region, accountId }: Place, { instanceProfile }: MachineWishes) =>
  instanceProfile === undefined
    ? []
    : [`instance-profile/${instanceProfile}`, `instance-profile/*/${instanceProfile}`].map((name) =>
        arnOf('iam', region, name, { inRegion: false, accountId }),
      );

/** What the permissions of one kind of fleet have besides. */
export interface OwnRows<Wishes> {
  /** Actions that find what is there. */
  readonly lookAround: readonly string[];
  /** Finding the image of a machine. */
  readonly image: readonly PermissionRow<Wishes>[];
  readonly others: readonly PermissionRow<Wishes>[];
  /** Roles of the user besides that in a profile, by their ARNs. */
  readonly givenRoles?: (wishes: Wishes) => readonly string[];
  /** Are roles made at all? By default those of machines and schedules alone. */
  readonly makesRoles?: (wishes: Wishes) => boolean;
  /** Who besides machines and schedules takes roles on. */
  readonly passedTo?: readonly string[];
}

/** Every permission of a kind of fleet, once. The policy, its check and its documentation are made of this table. */
export const machineRows = <Wishes extends MachineWishes>(
  own: OwnRows<Wishes>,
): readonly PermissionRow<Wishes>[] => [
  {
    id: 'LookAround',
    actions: [
      'ec2:DescribeImages',
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceTypeOfferings',
      'ec2:DescribeInstanceTypes',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeRouteTables',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVolumes',
      'ec2:DescribeVpcs',
      'iam:ListInstanceProfiles',
      'iam:ListRoles',
      'pricing:GetProducts',
      ...own.lookAround,
      'scheduler:ListSchedules',
      'servicequotas:GetServiceQuota',
      'ssm:DescribeParameters',
    ],
    resources: everything,
    why: 'find where a machine can be, what it costs, what the quotas allow, and what earlier runs have left',
  },
  {
    id: 'CheckPermissions',
    // A session does not tell the path of its role.
    actions: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'],
    resources: ({ region, accountId }) =>
      ['user/*', 'role/*'].map((name) => arnOf('iam', region, name, { inRegion: false, accountId })),
    why: 'see whether the roles of a fleet are there, and tell which permissions are missing before anything is made',
  },
  {
    id: 'ReadSpotPrice',
    actions: ['ec2:DescribeSpotPriceHistory'],
    resources: everything,
    why: 'tell the price of spare capacity',
    when: ({ spot }) => spot,
  },
  ...own.image,
  {
    id: 'MakeSecurityGroup',
    actions: ['ec2:CreateSecurityGroup'],
    resources: ofEc2('security-group', 'vpc'),
    why: 'open the port of the web UI, and no other',
    when: ownGroup,
  },
  {
    id: 'UseSecurityGroup',
    actions: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:DeleteSecurityGroup'],
    resources: ofEc2('security-group'),
    condition: isTagged,
    why: 'fill and remove the security group of a run',
    when: ownGroup,
  },
  {
    id: 'TagWhatIsMade',
    actions: ['ec2:CreateTags'],
    resources: ofEc2('instance', 'network-interface', 'security-group', 'volume'),
    condition: () => ({
      StringEquals: { 'ec2:CreateAction': ['CreateSecurityGroup', 'RunInstances'] },
    }),
    why: 'mark as a fleet’s own what is made, in the same call',
  },
  {
    id: 'StartMachine',
    actions: ['ec2:RunInstances'],
    resources: ofEc2('instance', 'network-interface', 'volume'),
    condition: getsTag,
    why: 'start the machine',
  },
  {
    id: 'StartMachineFrom',
    actions: ['ec2:RunInstances'],
    resources: (place) => [
      arnOf('ec2', place.region, 'image/*'),
      ...ofEc2('key-pair', 'security-group', 'subnet')(place),
    ],
    why: 'start it from an image, in a subnet, with a security group',
  },
  {
    id: 'UseMachine',
    actions: [
      'ec2:DeleteNetworkInterface',
      'ec2:DeleteVolume',
      'ec2:GetConsoleOutput',
      'ec2:TerminateInstances',
    ],
    resources: ofEc2('instance', 'network-interface', 'volume'),
    condition: isTagged,
    why: 'hear what the machine says, end it, and remove what a launch that broke off has left',
  },
  {
    id: 'FindProfile',
    actions: ['iam:GetInstanceProfile'],
    resources: (place, wishes) => [
      // By path and by name: of what is not there yet IAM knows no path.
      arnOf('iam', place.region, 'instance-profile/loadwright*', {
        inRegion: false,
        accountId: place.accountId,
      }),
      ...givenProfile(place, wishes),
    ],
    why: 'see whether the profile of a machine is there',
  },
  {
    id: 'FindBoundary',
    actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
    resources: (place, wishes) => [boundaryOf(place, wishes)],
    why: 'see whether the account has a boundary for the roles of machines, and what it allows',
    when: own.makesRoles ?? makesRoles,
  },
  {
    id: 'MakeRole',
    actions: ['iam:CreateRole', 'iam:PutRolePolicy'],
    resources: ofIam('role'),
    // Without it whoever deploys could make a role that may do everything, and use it on a machine.
    condition: isBounded,
    why: 'give the machine a role that may do what the test needs, within the boundary',
    when: own.makesRoles ?? makesRoles,
  },
  {
    id: 'PassRole',
    actions: ['iam:PassRole'],
    resources: (place, wishes) => [
      ...passedRoles(place, wishes, (own.passedTo ?? []).length > 0),
      ...(own.givenRoles?.(wishes) ?? []),
    ],
    condition: (_place, wishes) => ({
      StringEquals: {
        'iam:PassedToService': [
          'ec2.amazonaws.com',
          ...(endsFromOutside(wishes) ? ['scheduler.amazonaws.com'] : []),
          ...(own.passedTo ?? []),
        ],
      },
    }),
    why: 'let the machine, and the schedule that ends it, take on their roles',
  },
  {
    id: 'HaveInstanceProfile',
    actions: [
      'iam:AddRoleToInstanceProfile',
      'iam:CreateInstanceProfile',
      'iam:DeleteInstanceProfile',
      'iam:DeleteRole',
      'iam:DeleteRolePolicy',
      'iam:DetachRolePolicy',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
      'iam:RemoveRoleFromInstanceProfile',
      'iam:TagInstanceProfile',
      'iam:TagRole',
    ],
    resources: (place, wishes) => [
      ...ofIam('instance-profile')(place, wishes),
      ...ofIam('role')(place, wishes),
    ],
    why: 'hand the role to the machine, and remove both with whatever was attached since',
    when: own.makesRoles ?? makesRoles,
  },
  {
    id: 'EndFromOutside',
    actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
    resources: ofScheduler,
    why: 'have AWS end the machine when it has not ended itself',
    when: endsFromOutside,
  },
  {
    id: 'KeepSecrets',
    actions: ['ssm:AddTagsToResource', 'ssm:DeleteParameters', 'ssm:GetParametersByPath', 'ssm:PutParameter'],
    resources: ofSsm,
    why: 'hand secrets to the machine without writing them into its user data, and keep them out of what it logs',
  },
  ...own.others,
  {
    id: 'ForwardPort',
    actions: ['ssm:StartSession'],
    resources: ofEc2('instance'),
    condition: tagged('ssm:resourceTag'),
    why: 'reach the web UI through Session Manager',
    when: throughSession,
  },
  {
    id: 'ForwardPortOnly',
    actions: ['ssm:StartSession'],
    resources: ({ region }) => [arnOf('ssm', region, 'document/AWS-StartPortForwardingSession')],
    why: 'forward a port in that session',
    when: throughSession,
  },
  {
    id: 'EndSession',
    actions: ['ssm:TerminateSession'],
    resources: ({ region, accountId }) => [arnOf('ssm', region, 'session/*', { accountId })],
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html
    condition: () => ({ StringLike: { 'ssm:resourceTag/aws:ssmmessages:session-id': '${aws:userid}' } }),
    why: 'end a session of one’s own',
    when: throughSession,
  },
  {
    id: 'FirstSpotMachine',
    actions: ['iam:CreateServiceLinkedRole'],
    resources: ({ region, accountId }) => [
      arnOf('iam', region, 'role/aws-service-role/spot.amazonaws.com/*', { inRegion: false, accountId }),
    ],
    condition: () => ({ StringEquals: { 'iam:AWSServiceName': 'spot.amazonaws.com' } }),
    why: 'let AWS make the role of spot machines, the first time that the account has one',
    when: ({ spot }) => spot,
  },
];
