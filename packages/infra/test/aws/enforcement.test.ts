import {
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import {
  CreateBucketCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { DescribeParametersCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { clientsFor } from './clients-for.js';
import { ubuntuImage, useAws, type Statement } from './index.js';

const aws = useAws();

const allow = (...Action: string[]): Statement => ({ Effect: 'Allow', Action, Resource: '*' });
const as = async (...statements: Statement[]) => clientsFor(aws(), await aws().asUserWith(statements));

describe('a user with a policy', () => {
  it('may do what it says, and nothing else, in every protocol', async () => {
    const { ec2, s3, ssm, quotas } = await as(
      allow('ec2:DescribeVpcs', 's3:ListAllMyBuckets', 'ssm:DescribeParameters'),
    );
    await ec2.send(new DescribeVpcsCommand({}));
    await s3.send(new ListBucketsCommand({}));
    await ssm.send(new DescribeParametersCommand({}));
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    });
    await expect(
      quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-1216C47A' })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const other = await as(allow('ec2:DescribeInstances'));
    await expect(other.s3.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(other.ssm.send(new DescribeParametersCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(await aws().inventory()).toEqual([]);
  });

  it('must not hold a denied action, and may be limited to resources', async () => {
    const { ec2 } = await as(
      { Effect: 'Allow', Action: 'ec2:*', Resource: 'arn:aws:ec2:*:*:vpc/*' },
      { Effect: 'Deny', Action: 'ec2:DescribeInstances', Resource: '*' },
    );
    await ec2.send(new DescribeVpcsCommand({}));
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    });
  });

  it("needs the permissions of S3 by AWS's own names", async () => {
    const Bucket = 'b-1234';
    const Configuration = { LocationConstraint: 'eu-west-1' } as const;
    const { s3 } = await as(allow('s3:CreateBucket', 's3:ListBucket'));
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: Configuration }));
    await s3.send(new HeadBucketCommand({ Bucket }));
    const block = { Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } };
    await expect(s3.send(new PutPublicAccessBlockCommand(block))).rejects.toThrow(
      's3:PutBucketPublicAccessBlock',
    );
    const { s3: other } = await as(allow('s3:PutBucketPublicAccessBlock'));
    await other.send(new PutPublicAccessBlockCommand(block));
  });

  it('is nobody with a made-up key', async () => {
    await as(allow('ec2:*'));
    await expect(clientsFor(aws()).ec2.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
      name: 'AuthFailure',
    });
  });

  it('needs what a call implies: tags and roles that are passed on', async () => {
    const TagSpecifications = [{ ResourceType: 'security-group' as const, Tags: [{ Key: 'a', Value: 'b' }] }];
    const group = new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'test', TagSpecifications });
    const { ec2 } = await as(allow('ec2:CreateSecurityGroup', 'ec2:RunInstances'));
    await expect(ec2.send(group)).rejects.toThrow('ec2:CreateTags');
    const machine = {
      ImageId: ubuntuImage('x86_64'),
      InstanceType: 'c7i.large',
      MinCount: 1,
      MaxCount: 1,
    } as const;
    await expect(
      ec2.send(new RunInstancesCommand({ ...machine, IamInstanceProfile: { Name: 'p' } })),
    ).rejects.toThrow('iam:PassRole');
    await ec2.send(new RunInstancesCommand(machine));
    const { iam } = await as(allow('iam:CreateInstanceProfile'));
    await expect(
      iam.send(
        new CreateInstanceProfileCommand({ InstanceProfileName: 'p', Tags: TagSpecifications[0]?.Tags }),
      ),
    ).rejects.toThrow('iam:TagInstanceProfile');
  });

  it('sees machines by state while permissions are enforced', async () => {
    const { ec2 } = await as(allow('ec2:*'));
    const machine = {
      ImageId: ubuntuImage('x86_64'),
      InstanceType: 'c7i.large',
      MinCount: 1,
      MaxCount: 1,
    } as const;
    await ec2.send(new RunInstancesCommand(machine));
    const pending = new DescribeInstancesCommand({
      Filters: [{ Name: 'instance-state-name', Values: ['pending'] }],
    });
    expect((await ec2.send(pending)).Reservations).toHaveLength(1);
    const { ec2: blind } = await as(allow('ec2:RunInstances'));
    await expect(blind.send(pending)).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
  });
});

describe('SimulatePrincipalPolicy', () => {
  const decisions = async (
    { iam }: Awaited<ReturnType<typeof as>>,
    PolicySourceArn: string,
    ActionNames: string[],
    ResourceArns?: string[],
  ) =>
    (
      await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames, ResourceArns }))
    ).EvaluationResults?.map(({ EvalActionName, EvalDecision }) => `${EvalActionName} ${EvalDecision}`);

  it('decides by the policy of a user', async () => {
    const clients = await as(
      allow('iam:SimulatePrincipalPolicy', 'ec2:Describe*'),
      { Effect: 'Allow', Action: 'iam:PassRole', Resource: 'arn:aws:iam::*:role/loadwright/*' },
      { Effect: 'Deny', Action: 'ec2:DescribeVpcs', Resource: '*' },
    );
    const { Arn = '' } = await clients.sts.send(new GetCallerIdentityCommand({}));
    const actions = ['ec2:DescribeInstances', 'ec2:DescribeVpcs', 'ec2:RunInstances', 'iam:PassRole'];
    expect(await decisions(clients, Arn, actions)).toEqual([
      'ec2:DescribeInstances allowed',
      'ec2:DescribeVpcs explicitDeny',
      'ec2:RunInstances implicitDeny',
      'iam:PassRole implicitDeny',
    ]);
    const role = 'arn:aws:iam::123456789012:role/loadwright/r';
    expect(await decisions(clients, Arn, ['iam:PassRole'], [role])).toEqual(['iam:PassRole allowed']);
  });

  it('decides by the policy of a role, and lets made-up keys do everything', async () => {
    const clients = clientsFor(aws());
    const { Arn = '' } = await clients.sts.send(new GetCallerIdentityCommand({}));
    expect(await decisions(clients, Arn, ['ec2:RunInstances'])).toEqual(['ec2:RunInstances allowed']);
    const { Role } = await clients.iam.send(
      new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }),
    );
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: allow('s3:GetObject'),
    });
    await clients.iam.send(new PutRolePolicyCommand({ RoleName: 'r', PolicyName: 'p', PolicyDocument }));
    expect(await decisions(clients, Role?.Arn ?? '', ['s3:GetObject', 's3:PutObject'])).toEqual([
      's3:GetObject allowed',
      's3:PutObject implicitDeny',
    ]);
    await expect(decisions(clients, `${Role?.Arn}-2`, ['s3:GetObject'])).rejects.toMatchObject({
      name: 'NoSuchEntityException',
    });
  });
});
