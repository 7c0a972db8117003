import { CreateSecurityGroupCommand, CreateVpcCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { CreateClusterCommand, DeleteClusterCommand } from '@aws-sdk/client-ecs';
import { AddRoleToInstanceProfileCommand, CreateInstanceProfileCommand } from '@aws-sdk/client-iam';
import type { IamStatement } from '@loadwright/core';
import {
  CannotStart,
  fakeMaster,
  ubuntuImage,
  type AwsStandIn,
  type Behaviour,
  type Fault,
} from '@loadwright/aws-stand-in';
import type { EcsFleetOptions } from '../../src/ecs/options.js';
import { agentStatements, executionStatements } from '../../src/ecs/permissions/statements.js';
import { uiPort } from '../ec2/work.js';
import { ecsClients } from './clients.js';
import { roleWith } from './roles.js';

/** What is wrong with an account or with what is wanted of it, and what must be said. */
export interface BrokenAccount {
  readonly account?: Partial<Behaviour>;
  readonly options?: EcsFleetOptions;
  /** Makes what belongs to the user. */
  readonly bring?: (aws: AwsStandIn) => Promise<EcsFleetOptions>;
  /** A call that fails, and how. */
  readonly fails?: readonly [call: string, fault: Fault];
  /** Why no container starts. */
  readonly containers?: string;
  readonly says: RegExp;
  readonly remedy: RegExp;
  /** The finding of a check that says it too; undefined: nobody can know it beforehand. */
  readonly subject?: string;
  /** It shows while the fleet is made: what there is of it by then is removed. */
  readonly shows?: 'while it is made';
}

const error = (code: string, message = `${code}.`, status = 400): Fault => ({
  kind: 'error',
  code,
  message,
  status,
});

/** As AWS puts it: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const deniedByOrganisation = (action: string, code = 'AccessDeniedException') =>
  error(
    code,
    `User: arn:aws:iam::123456789012:user/tester is not authorized to perform: ${action} on resource: * with an explicit deny in a service control policy`,
  );

const fargate = { launchType: 'fargate' } as const;
const everything = { fleetKind: 'ecs', fleetId: '*', region: '*' } as const;

/** What an agent does, without some of it. */
const agentWithout = (prefix: string): IamStatement[] =>
  agentStatements(everything, { cluster: '*' }).flatMap((statement) => {
    const Action = statement.Action.filter((action) => !action.startsWith(prefix));
    return Action.length === 0 ? [] : [{ ...statement, Action }];
  });

const profileWith =
  (statements: readonly IamStatement[]) =>
  async (aws: AwsStandIn): Promise<EcsFleetOptions> => {
    await roleWith(aws, statements, 'ec2.amazonaws.com');
    const instanceProfile = 'theirs';
    const { iam } = aws.direct;
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: instanceProfile }));
    await iam.send(
      new AddRoleToInstanceProfileCommand({ InstanceProfileName: instanceProfile, RoleName: 'theirs' }),
    );
    return { instanceProfile };
  };

const nothingOfUse: IamStatement = { Effect: 'Allow', Action: ['sts:GetCallerIdentity'], Resource: ['*'] };

export const brokenAccounts: Readonly<Record<string, BrokenAccount>> = {
  'a quota of 5 vCPUs': {
    account: { quotas: { onDemand: 5, spot: 256 } },
    subject: 'quota',
    says: /L-1216C47A\): 5 vCPUs, 0 in use, 6 needed/,
    remedy: /request-service-quota-increase .*L-1216C47A --desired-value 6/,
  },
  'a quota of 3 vCPUs of spot': {
    account: { quotas: { onDemand: 256, spot: 3 } },
    options: { spot: true },
    subject: 'quota of spot',
    says: /L-34B43A08\): 3 vCPUs, 0 in use, 4 needed/,
    remedy: /L-34B43A08 --desired-value 4/,
  },
  'a quota of 5 vCPUs on Fargate': {
    account: { fargate: { places: 200, onDemand: 5, spot: 256 } },
    options: fargate,
    subject: 'quota',
    says: /L-3032A538\): 5 vCPUs, 6 needed/,
    remedy: /--service-code fargate --quota-code L-3032A538 --desired-value 6/,
  },
  'no default VPC': {
    account: { network: 'none' },
    subject: 'network',
    says: /^There is no default VPC in eu-west-1\.$/,
    remedy: /option subnets, or make one: aws ec2 create-default-vpc --region eu-west-1/,
  },
  'no route to the internet': {
    account: { network: 'no-route' },
    subject: 'network',
    says: /^No route leads from the subnet subnet-\w+.*fetch what it runs/,
    remedy: /^Set subnets to one of which.*internet gateway.*NAT gateway.*session-manager/,
  },
  'no route to the internet for Fargate': {
    account: { network: 'no-route' },
    options: fargate,
    subject: 'network',
    says: /^No route leads from the subnet subnet-\w+.*fetch their image, their secrets/,
    remedy: /^Set subnets to some of which/,
  },
  'a NAT gateway, and a web UI at a public address': {
    account: { network: 'nat' },
    subject: 'network',
    says: /^The subnet subnet-\w+.* does not lead to the internet through an internet gateway/,
    remedy: /^Set access: 'session-manager', or subnets to/,
  },
  'a subnet that does not exist': {
    options: { subnets: ['subnet-0123456789abcdef0'] },
    subject: 'network',
    says: /subnet-0123456789abcdef0/,
    remedy: /subnets/,
  },
  'a security group of another VPC': {
    bring: async ({ direct }) => {
      const { Vpc } = await direct.ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
      const { GroupId } = await direct.ec2.send(
        new CreateSecurityGroupCommand({ GroupName: 'theirs', Description: 'theirs', VpcId: Vpc?.VpcId }),
      );
      return { securityGroup: GroupId };
    },
    subject: 'network',
    says: /^The security group sg-\w+ is in vpc-\w+, but the subnet subnet-\w+ in vpc-\w+\.$/,
    remedy: /option subnets to one of vpc-/,
  },
  'no parameter that names the image for ECS': {
    account: { namesImages: false },
    subject: 'image',
    says: /^eu-west-1 does not tell its newest image \(the image that AWS makes for ECS\)/,
    remedy: /^Set the option image to the id of an ECS-optimised image/,
  },
  'an image for another processor': {
    options: { image: ubuntuImage('arm64') },
    subject: 'image',
    says: /t3\.large has an x86_64 processor, but the image ami-\w+ is made for arm64\.$/,
    remedy: /choose another instanceType/,
  },
  'an unknown instance type': {
    options: { instanceType: 'c99.4xlarge' },
    subject: 'instance type',
    says: /c99\.4xlarge/,
    remedy: /^Set instanceType to another one/,
  },
  'a type that the zone of the subnets does not have': {
    options: { instanceType: 'c8a.4xlarge' },
    bring: async ({ direct }) => {
      const Filters = [{ Name: 'availability-zone', Values: ['eu-west-1c'] }];
      const { Subnets = [] } = await direct.ec2.send(new DescribeSubnetsCommand({ Filters }));
      return { subnets: [Subnets[0]?.SubnetId ?? ''] };
    },
    subject: 'network',
    says: /^The instance type c8a\.4xlarge is not offered in eu-west-1c\.$/,
    remedy: /^Set subnets to one of eu-west-1a, eu-west-1b/,
  },
  'a cluster of the user that is INACTIVE': {
    bring: async (aws) => {
      const { ecs } = ecsClients(aws);
      await ecs.send(new CreateClusterCommand({ clusterName: 'theirs' }));
      await ecs.send(new DeleteClusterCommand({ cluster: 'theirs' }));
      return { cluster: 'theirs' };
    },
    subject: 'cluster and repository',
    says: /^fleet\.cluster: found theirs, which is INACTIVE in eu-west-1$/,
    remedy: /^It was deleted\. .*aws ecs create-cluster --cluster-name theirs --region eu-west-1/,
  },
  'a repository that does not exist': {
    options: { repository: 'team/none' },
    subject: 'cluster and repository',
    says: /^fleet\.repository: found team\/none, which does not exist/,
    remedy: /leave the option repository out/,
  },
  'an execution role that does not exist': {
    options: { executionRole: 'arn:aws:iam::123456789012:role/none' },
    subject: 'cluster and repository',
    says: /^fleet\.executionRole: found arn:.*role\/none, which does not exist$/,
    remedy: /leave the option executionRole out/,
  },
  'a role for the workers that only machines may take on': {
    bring: async (aws) => ({ taskRole: await roleWith(aws, [nothingOfUse], 'ec2.amazonaws.com') }),
    subject: 'cluster and repository',
    says: /^fleet\.taskRole: found arn:.*role\/theirs, which tasks of ECS may not take on$/,
    remedy: /ecs-tasks\.amazonaws\.com/,
  },
  'an instance profile without a role': {
    bring: async ({ direct }) => {
      await direct.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'empty' }));
      return { instanceProfile: 'empty' };
    },
    subject: 'cluster and repository',
    says: /^The instance profile empty holds no role\.$/,
    remedy: /^Put a role into it/,
  },
  'an organisation that denies ECS': {
    fails: ['ecs:*', deniedByOrganisation('ecs:DescribeClusters')],
    subject: 'cluster and repository',
    says: /^A policy of the organisation denies ecs:DescribeClusters on \*\.$/,
    remedy: /No permission of the account helps.*administers the AWS organisation/,
  },
  'an organisation that denies ECR': {
    fails: ['ecr:*', deniedByOrganisation('ecr:DescribeRepositories')],
    subject: 'cluster and repository',
    says: /^A policy of the organisation denies ecr:DescribeRepositories on \*\.$/,
    remedy: /No permission of the account helps/,
  },
  'no service-linked role of ECS': {
    fails: [
      'ecs:CreateCluster',
      error(
        'InvalidParameterException',
        'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
      ),
    ],
    shows: 'while it is made',
    says: /^The service-linked role of ECS cannot be used/,
    remedy: /aws iam create-service-linked-role --aws-service-name ecs\.amazonaws\.com/,
  },
  'a rule of the security group that is refused': {
    fails: [
      'ec2:AuthorizeSecurityGroupIngress',
      error(
        'RulesPerSecurityGroupLimitExceeded',
        'The maximum number of rules per security group has been reached.',
      ),
    ],
    shows: 'while it is made',
    says: /^A quota of the account is used up \(RulesPerSecurityGroupLimitExceeded\)/,
    remedy: /Service Quotas/,
  },
  'an organisation that denies the machines': {
    fails: ['ec2:RunInstances', deniedByOrganisation('ec2:RunInstances', 'UnauthorizedOperation')],
    shows: 'while it is made',
    says: /^A policy of the organisation denies ec2:RunInstances/,
    remedy: /No permission of the account helps/,
  },
  'no capacity for the machines': {
    fails: ['ec2:RunInstances', error('InsufficientInstanceCapacity', 'Insufficient capacity.', 500)],
    shows: 'while it is made',
    says: /^No zone has a t3\.large to give/,
    remedy: /another instanceType, region or subnet/,
  },
  'a push to ECR that is denied': {
    fails: ['ecr:GetAuthorizationToken', { kind: 'denied' }],
    says: /^A permission is missing: ecr:GetAuthorizationToken/,
    remedy: /administrator grant/,
  },
  'an agent that may not register': {
    bring: profileWith([nothingOfUse]),
    options: { startTimeout: '1s' },
    subject: 'permissions of the machines',
    shows: 'while it is made',
    says: /did not answer within 1 s: 0 of 3 machines have registered|role\/theirs lacks .*ecs:RegisterContainerInstance/,
    remedy: /role in instanceProfile must allow what the agent does|leave the option instanceProfile out/,
  },
  'machines that may not fetch the image': {
    bring: profileWith(agentWithout('ecr:')),
    subject: 'permissions of the machines',
    shows: 'while it is made',
    says: /ECS gave up[^]*CannotPullECRContainerError: AccessDeniedException|role\/theirs lacks .*ecr:BatchGetImage/,
    remedy:
      /instanceProfile \(on Fargate executionRole\) must allow .*ecr:BatchGetImage|option instanceProfile out/,
  },
  'machines that may not write the logs': {
    bring: profileWith(agentWithout('logs:')),
    subject: 'permissions of the machines',
    shows: 'while it is made',
    says: /ECS gave up[^]*failed to initialize logging driver|role\/theirs lacks logs:CreateLogStream; logs:PutLogEvents/,
    remedy: /must allow logs:CreateLogStream and logs:PutLogEvents|option instanceProfile out/,
  },
  'an execution role that may not read the secrets': {
    bring: async (aws) => ({ executionRole: await roleWith(aws, [nothingOfUse], 'ecs-tasks.amazonaws.com') }),
    subject: 'permissions of the execution role',
    shows: 'while it is made',
    says: /ECS gave up[^]*ResourceInitializationError.*secrets.*AccessDenied|role\/theirs lacks ssm:GetParameters$/,
    remedy: /executionRole must allow ssm:GetParameters|leave the option executionRole out/,
  },
  'an execution role that may not write the logs of Fargate': {
    options: fargate,
    bring: async (aws) => ({
      executionRole: await roleWith(
        aws,
        [...agentWithout('logs:'), ...executionStatements({ ...everything, owner: undefined })],
        'ecs-tasks.amazonaws.com',
      ),
    }),
    subject: 'permissions of the execution role',
    shows: 'while it is made',
    says: /tasks ended while the fleet was started[^]*CloudWatch log stream|role\/theirs lacks logs:CreateLogStream/i,
    remedy: /executionRole\) must allow logs:CreateLogStream|leave the option executionRole out/,
  },
  'a task that is too big for the machine': {
    account: { systemMemory: 0.4 },
    options: { startTimeout: '1s' },
    shows: 'while it is made',
    says: /3 of 3 machines have registered, 0 of 3 tasks run[^]*has insufficient memory available/,
    remedy: /larger instanceType/,
  },
  'an image of containers for another processor': {
    containers:
      'CannotPullContainerError: image Manifest does not contain descriptor matching platform linux/amd64',
    shows: 'while it is made',
    says: /ECS gave up[^]*descriptor matching platform/,
    remedy: /for another processor/,
  },
};

/** Containers that start when the roles of their task allow it. */
export function containersOf(aws: AwsStandIn, whyNot: string | undefined): Behaviour['containers'] {
  const { containers } = fakeMaster({ port: uiPort, password: '', workers: 2 });
  const { permissions } = aws.ecs;
  return {
    start: async (task) => {
      for (const container of task.definition.containerDefinitions) {
        if (whyNot !== undefined) throw new CannotStart(whyNot);
        await permissions.pullFrom(task, container.image);
        await permissions.secretsOf(task, container);
        const group = container.logConfiguration?.options?.['awslogs-group'] ?? '';
        await permissions.mayWriteLogs(task, group, container.name);
      }
      return containers.start(task);
    },
  };
}
