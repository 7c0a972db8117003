import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetRoleCommand,
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
import { DescribeParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
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

  it('must not hold a denied action', async () => {
    const { ec2 } = await as(
      { Effect: 'Allow', Action: 'ec2:*', Resource: '*' },
      { Effect: 'Deny', Action: 'ec2:DescribeInstances', Resource: '*' },
    );
    await ec2.send(new DescribeVpcsCommand({}));
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
    });
  });

  it('is limited to resources', async () => {
    const { iam: direct } = aws().direct;
    const own = { RoleName: 'r', Path: '/own/', AssumeRolePolicyDocument: '{}' };
    await direct.send(new CreateRoleCommand(own));
    const { ec2, s3, ssm, iam } = await as(
      { Effect: 'Allow', Action: 'ec2:*', Resource: 'arn:aws:ec2:*:*:vpc/*' },
      { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::own-*' },
      { Effect: 'Allow', Action: 'ssm:*', Resource: 'arn:aws:ssm:eu-west-1:123456789012:parameter/own/*' },
      { Effect: 'Allow', Action: 'iam:GetRole', Resource: 'arn:aws:iam::123456789012:role/own/*' },
    );
    // Descriptions concern everything.
    await expect(ec2.send(new DescribeVpcsCommand({}))).rejects.toThrow('ec2:DescribeVpcs on resource: *');
    const at = { CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } } as const;
    await s3.send(new CreateBucketCommand({ ...at, Bucket: 'own-1234' }));
    await expect(s3.send(new CreateBucketCommand({ ...at, Bucket: 'b-1234' }))).rejects.toThrow(
      'arn:aws:s3:::b-1234',
    );
    const parameter = { Type: 'String', Value: 'x' } as const;
    await ssm.send(new PutParameterCommand({ ...parameter, Name: '/own/a' }));
    await expect(ssm.send(new PutParameterCommand({ ...parameter, Name: '/other/a' }))).rejects.toThrow(
      'parameter/other/a',
    );
    await iam.send(new GetRoleCommand({ RoleName: 'r' }));
    // Of what is not there IAM knows no path.
    await expect(iam.send(new GetRoleCommand({ RoleName: 'absent' }))).rejects.toThrow('role/absent');
  });

  it('is limited to what conditions say', async () => {
    const TagSpecifications = (['security-group'] as const).map((ResourceType) => ({
      ResourceType,
      Tags: [{ Key: 'mine', Value: 'yes' }],
    }));
    const anywhere = { Effect: 'Allow', Resource: '*' } as const;
    const { ec2 } = await as(
      { ...anywhere, Action: 'ec2:CreateSecurityGroup' },
      {
        ...anywhere,
        Action: 'ec2:CreateTags',
        Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup' } },
      },
      {
        ...anywhere,
        Action: 'ec2:DeleteSecurityGroup',
        Condition: { StringLike: { 'aws:ResourceTag/mine': ['no', 'y*'] } },
      },
    );
    const group = (GroupName: string) => ({ GroupName, Description: 'test' });
    const tagged = await ec2.send(new CreateSecurityGroupCommand({ ...group('a'), TagSpecifications }));
    const other = await ec2.send(new CreateSecurityGroupCommand(group('b')));
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: tagged.GroupId }));
    await expect(ec2.send(new DeleteSecurityGroupCommand({ GroupId: other.GroupId }))).rejects.toThrow(
      `security-group/${other.GroupId}`,
    );
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
    const { iam: direct } = aws().direct;
    await direct.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }));
    await direct.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'p' }));
    await direct.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: 'p', RoleName: 'r' }));
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
        new CreateInstanceProfileCommand({ InstanceProfileName: 'q', Tags: TagSpecifications[0]?.Tags }),
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
