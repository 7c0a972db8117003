import {
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetRoleCommand,
  ListInstanceProfilesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetProductsCommand } from '@aws-sdk/client-pricing';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { CreateBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { DescribeParametersCommand, GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { clientsFor, type Clients } from './clients-for.js';
import { sequentialRoundTrips, ubuntuImage, useAws, type Fault } from './index.js';

const aws = useAws();

const machine = {
  ImageId: ubuntuImage('x86_64'),
  InstanceType: 'c7i.large',
  MinCount: 1,
  MaxCount: 1,
} as const;
const instances = async () => (await aws().inventory()).filter((name) => name.startsWith('ec2:instance/'));

const protocols: Record<string, (clients: Clients) => Promise<unknown>> = {
  ec2: ({ ec2 }) => ec2.send(new DescribeVpcsCommand({})),
  iam: ({ iam }) => iam.send(new GetRoleCommand({ RoleName: 'r' })),
  sts: ({ sts }) => sts.send(new GetCallerIdentityCommand({})),
  s3: ({ s3 }) => s3.send(new ListBucketsCommand({})),
  ssm: ({ ssm }) => ssm.send(new GetParameterCommand({ Name: 'p' })),
  servicequotas: ({ quotas }) =>
    quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-1216C47A' })),
  pricing: ({ pricing }) => pricing.send(new GetProductsCommand({ ServiceCode: 'AmazonEC2' })),
};

it.each([
  ['ec2', 'RequestLimitExceeded', 503, 'InternalError', 'UnauthorizedOperation', 403],
  ['iam', 'Throttling', 400, 'ServiceFailureException', 'AccessDenied', 403],
  ['sts', 'Throttling', 400, 'InternalFailure', 'AccessDenied', 403],
  ['s3', 'SlowDown', 503, 'InternalError', 'AccessDenied', 403],
  ['ssm', 'ThrottlingException', 400, 'InternalServerError', 'AccessDeniedException', 400],
  ['servicequotas', 'TooManyRequestsException', 400, 'InternalServerError', 'AccessDeniedException', 400],
  ['pricing', 'ThrottlingException', 400, 'InternalServerError', 'AccessDeniedException', 400],
])('%s fails its own way', async (service, throttling, throttlingStatus, internal, denial, denialStatus) => {
  const cases: [Fault, string, number][] = [
    [{ kind: 'throttle' }, throttling, throttlingStatus],
    [{ kind: 'error-500' }, internal, 500],
    [{ kind: 'denied' }, denial, denialStatus],
    [{ kind: 'error', code: 'ExpiredToken', message: 'too late', status: 403 }, 'ExpiredToken', 403],
  ];
  for (const [fault, name, httpStatusCode] of cases) {
    const injected = aws().inject({ at: `${service}:*`, fault });
    // Clients of its own for each: after a throttled call the SDK sends the next ones slowly.
    const error = await protocols[service]?.(clientsFor(aws())).catch((error: unknown) => error);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode } });
    expect(injected.strikes).toBe(1);
  }
});

describe('a fault', () => {
  it('drops a request before it takes effect, or the answer after', async () => {
    const { ec2 } = clientsFor(aws());
    aws().inject({ at: 'ec2:RunInstances', fault: { kind: 'drop-request' } });
    await expect(ec2.send(new RunInstancesCommand(machine))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await instances()).toEqual([]);
    aws().inject({ at: 'ec2:RunInstances', fault: { kind: 'drop-answer' } });
    await expect(ec2.send(new RunInstancesCommand(machine))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await instances()).toHaveLength(1);
    expect(aws().calls.map(({ outcome }) => outcome)).toEqual(['dropped', 'dropped']);
  });

  it('is survived by the retries of the SDK, with one machine', async () => {
    const { ec2 } = clientsFor(aws(), aws().environment, { attempts: 3 });
    aws().inject({ at: 'ec2:RunInstances', fault: { kind: 'drop-answer' } });
    await ec2.send(new RunInstancesCommand(machine));
    expect(aws().calls.map(({ number, name, outcome }) => [number, name, outcome])).toEqual([
      [1, 'ec2:RunInstances', 'dropped'],
      [2, 'ec2:RunInstances', 200],
    ]);
    expect(await instances()).toHaveLength(1);
  });

  it('strikes the call of a number and its retries, and no other', async () => {
    const { ec2 } = clientsFor(aws(), aws().environment, { attempts: 3 });
    const injected = aws().inject({ at: 2, times: 2, fault: { kind: 'error-500' } });
    for (let count = 0; count < 3; count += 1) await ec2.send(new DescribeVpcsCommand({}));
    expect(aws().calls.map(({ outcome }) => outcome)).toEqual([200, 500, 500, 200, 200]);
    expect(injected.strikes).toBe(2);
  });

  it('strikes an occurrence of a name, and as many after it as asked', async () => {
    const { ec2 } = clientsFor(aws());
    const fault: Fault = { kind: 'error', code: 'InsufficientInstanceCapacity', status: 500 };
    aws().inject({ at: 'ec2:DescribeVpcs', occurrence: 2, times: 2, fault });
    await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
    for (let count = 0; count < 4; count += 1) await ec2.send(new DescribeVpcsCommand({})).catch(() => {});
    expect(aws().calls.map(({ outcome }) => outcome)).toEqual([200, 200, 500, 500, 200]);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('kills a caller %s its call takes effect', async (when, made) => {
    const script = `
      import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
      await new EC2Client({}).send(new RunInstancesCommand(${JSON.stringify(machine)}));`;
    const child = execa('node', ['--input-type=module', '--eval', script], {
      env: aws().environment,
      cwd: import.meta.dirname,
      reject: false,
    });
    aws().inject({
      at: 'ec2:RunInstances',
      fault: { kind: 'kill', when, callback: () => child.kill('SIGKILL') },
    });
    expect((await child).signal).toBe('SIGKILL');
    await aws().idle();
    expect(await instances()).toHaveLength(made);
  });
});

describe('the log', () => {
  it('shows sequential round trips, with latency on every call', async () => {
    await aws().reset({ latency: 30 });
    const { ec2 } = clientsFor(aws());
    const look = () => ec2.send(new DescribeVpcsCommand({}));
    await Promise.all([look(), look(), look()]);
    await look();
    await look();
    expect(sequentialRoundTrips(aws().calls)).toBe(3);
    for (const { start, end = 0 } of aws().calls) expect(end - start).toBeGreaterThanOrEqual(29);
  });

  it('shows latency on one call', async () => {
    const { ec2 } = clientsFor(aws());
    aws().inject({ at: 2, fault: { kind: 'latency', milliseconds: 300 } });
    for (let count = 0; count < 2; count += 1) await ec2.send(new DescribeVpcsCommand({}));
    const [, slow] = aws().calls.map(({ start, end = 0 }) => end - start);
    expect(slow).toBeGreaterThanOrEqual(299);
  });

  it('holds no secret', async () => {
    const { ssm } = clientsFor(aws());
    await ssm.send(new PutParameterCommand({ Name: '/a/b', Type: 'SecureString', Value: 'canary-2f' }));
    await ssm.send(new PutParameterCommand({ Name: '/a/c', Type: 'String', Value: 'open' }));
    expect(JSON.stringify(aws().calls)).not.toContain('canary-2f');
    expect(aws().calls.map(({ parameters }) => parameters['Value'])).toEqual(['[redacted]', 'open']);
  });
});

describe('what is new', () => {
  it('is hidden from the first looks', async () => {
    await aws().reset({ hiddenLooks: 2, pendingLooks: 0 });
    const { ec2, iam, ssm, s3 } = clientsFor(aws());
    const { Instances } = await ec2.send(new RunInstancesCommand(machine));
    const all = () => ec2.send(new DescribeInstancesCommand({}));
    const one = () =>
      ec2.send(new DescribeInstancesCommand({ InstanceIds: [Instances?.[0]?.InstanceId ?? ''] }));
    const Filters = [{ Name: 'instance-id', Values: [Instances?.[0]?.InstanceId ?? ''] }];
    const found = await ec2.send(new DescribeInstancesCommand({ Filters }));
    expect(found.Reservations ?? []).toEqual([]);
    await expect(one()).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
    expect((await one()).Reservations).toHaveLength(1);
    expect((await all()).Reservations).toHaveLength(1);

    await iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }));
    expect(await aws().inventory()).toContain('iam:role/r');
    const role = () => iam.send(new GetRoleCommand({ RoleName: 'r' }));
    await expect(role()).rejects.toMatchObject({ name: 'NoSuchEntityException' });
    await expect(role()).rejects.toMatchObject({ name: 'NoSuchEntityException' });
    expect((await role()).Role?.RoleName).toBe('r');

    const made = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'g', Description: 'test' }));
    const ofGroup = { Filters: [{ Name: 'group-name', Values: ['g'] }] };
    const groups = async () =>
      (await ec2.send(new DescribeSecurityGroupsCommand(ofGroup))).SecurityGroups?.length ?? 0;
    expect(await groups()).toBe(0);
    await expect(
      ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [made.GroupId ?? ''] })),
    ).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' });
    expect(await groups()).toBe(1);

    const LocationConstraint = 'eu-west-1';
    await s3.send(
      new CreateBucketCommand({ Bucket: 'b-1234', CreateBucketConfiguration: { LocationConstraint } }),
    );
    const buckets = async () => (await s3.send(new ListBucketsCommand({}))).Buckets?.length ?? 0;
    expect([await buckets(), await buckets(), await buckets()]).toEqual([0, 0, 1]);

    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'p' }));
    const profiles = async () =>
      (await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles?.length;
    expect([await profiles(), await profiles(), await profiles()]).toEqual([0, 0, 1]);

    await ssm.send(new PutParameterCommand({ Name: '/a/b', Type: 'String', Value: 'v' }));
    const parameters = async () => (await ssm.send(new DescribeParametersCommand({}))).Parameters?.length;
    expect([await parameters(), await parameters(), await parameters()]).toEqual([0, 0, 1]);
    await ssm.send(new PutParameterCommand({ Name: '/a/b', Value: 'w', Overwrite: true }));
    expect(await parameters()).toBe(1);
  });

  it('is unknown to the first calls that need it, which have no effect', async () => {
    await aws().reset({ hiddenLooks: 1 });
    const { iam } = clientsFor(aws());
    await iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: '{}' }));
    const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    const policy = { RoleName: 'r', PolicyName: 'p', PolicyDocument };
    const put = () => iam.send(new PutRolePolicyCommand(policy));
    await expect(put()).rejects.toMatchObject({ name: 'NoSuchEntityException' });
    const { PolicyNames } = await aws().direct.iam.send(new ListRolePoliciesCommand({ RoleName: 'r' }));
    expect(PolicyNames).toEqual([]);
    await put();
  });
});
