import type { Role } from '@aws-sdk/client-iam';
import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import type { DirectClients } from '../account.js';
import { listOf, textOf, type Call } from '../calls.js';
import type { Context } from './policy.js';
import { accountId, endpointArn, type Requirement } from './requirement.js';
import { ofEcr, ofEcs, ofLogs } from './requirements-of-containers.js';

/** The permissions of S3 that are not named as their calls: docs.aws.amazon.com/service-authorization, "Amazon S3". */
const ofS3: Readonly<Record<string, string>> = {
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:HeadBucket': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:HeadObject': 's3:GetObject',
  's3:DeleteObjects': 's3:DeleteObject',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:DeleteBucketTagging': 's3:PutBucketTagging',
  's3:UploadPart': 's3:PutObject',
  's3:CreateMultipartUpload': 's3:PutObject',
  's3:CompleteMultipartUpload': 's3:PutObject',
};

/** Need no permission at all. */
const free = new Set(['sts:GetCallerIdentity']);

/**
 * What AWS asks of the caller for a call: every action on every resource, and what the conditions of policies may be
 * about. From the tables of docs.aws.amazon.com/service-authorization. What is not here concerns all resources.
 */
export async function requirementsOf(call: Call, direct: DirectClients): Promise<Requirement[]> {
  if (free.has(call.name)) return [];
  const [service = '', name = ''] = call.name.split(':');
  if (service === 's3') return ofBuckets(call);
  if (service === 'ssm') return ofParameters(call, name);
  if (service === 'iam') return ofIam(call, name, direct);
  if (service === 'ec2') return ofEc2(call, name, direct);
  if (service === 'scheduler') return ofScheduler(call);
  if (service === 'ecs') return ofEcs(call, name);
  if (service === 'ecr') return ofEcr(call, name);
  if (service === 'logs') return ofLogs(call, name);
  if (service === 'sagemaker') return [{ action: call.name, resource: endpointArn(call), context: {} }];
  return [{ action: call.name, resource: '*', context: {} }];
}

function ofBuckets(call: Call): Requirement[] {
  const action = ofS3[call.name] ?? call.name;
  const bucket = `arn:aws:s3:::${textOf(call, 'Bucket')}`;
  if (call.name === 's3:ListBuckets') return [{ action, resource: '*', context: {} }];
  if (call.name !== 's3:DeleteObjects') {
    const key = textOf(call, 'Key');
    return [{ action, resource: key ? `${bucket}/${key}` : bucket, context: {} }];
  }
  const keys = [...call.request.body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
  return keys.map((key) => ({ action, resource: `${bucket}/${key}`, context: {} }));
}

function ofParameters(call: Call, name: string): Requirement[] {
  const { Name, Names, Path, Tags } = call.parameters as {
    Name?: string;
    Names?: string[];
    Path?: string;
    Tags?: unknown;
  };
  const names = [...(Names ?? []), ...[Name, Path].filter((text) => text !== undefined)];
  if (name === 'DescribeParameters' || names.length === 0) {
    return [{ action: call.name, resource: '*', context: {} }];
  }
  const actions = [call.name, ...(Tags === undefined ? [] : ['ssm:AddTagsToResource'])];
  return names.flatMap((each) => {
    const account = each.startsWith('/aws/service/') ? '' : accountId;
    const resource = `arn:aws:ssm:${call.region}:${account}:parameter${each}`;
    return actions.map((action) => ({ action, resource, context: {} }));
  });
}

async function ofIam(call: Call, name: string, { iam }: DirectClients): Promise<Requirement[]> {
  const of = (resource: string, ...actions: string[]) =>
    actions.map((action) => ({ action: `iam:${action}`, resource, context: {} as Context }));
  const [role, profile] = [textOf(call, 'RoleName'), textOf(call, 'InstanceProfileName')];
  const path = textOf(call, 'Path') || '/';
  const isTagged = Object.keys(call.parameters).some((key) => key.startsWith('Tags.'));
  switch (name) {
    case 'CreateRole':
      return of(`arn:aws:iam::${accountId}:role${path}${role}`, name, ...(isTagged ? ['TagRole'] : [])).map(
        (one) => ({ ...one, context: boundedBy(textOf(call, 'PermissionsBoundary')) }),
      );
    case 'GetPolicy':
    case 'GetPolicyVersion':
    case 'CreatePolicyVersion':
    case 'DeletePolicy':
      return of(textOf(call, 'PolicyArn'), name);
    case 'PutRolePolicy':
    case 'AttachRolePolicy':
    case 'PutRolePermissionsBoundary':
    case 'DeleteRolePermissionsBoundary': {
      // Of these calls IAM looks at the boundary that the role has, or gets.
      const found = await roleOf(iam, role);
      const boundary =
        textOf(call, 'PermissionsBoundary') || found?.PermissionsBoundary?.PermissionsBoundaryArn;
      return of(await arnOfRole(iam, role), name).map((one) => ({ ...one, context: boundedBy(boundary) }));
    }
    case 'CreateInstanceProfile': {
      const tagging = isTagged ? ['TagInstanceProfile'] : [];
      return of(`arn:aws:iam::${accountId}:instance-profile${path}${profile}`, name, ...tagging);
    }
    case 'SimulatePrincipalPolicy':
      return of(textOf(call, 'PolicySourceArn'), name);
    case 'AddRoleToInstanceProfile':
      return [...of(await arnOfProfile(iam, profile), name), ...passing(await arnOfRole(iam, role))];
  }
  if (profile) return of(await arnOfProfile(iam, profile), name);
  return of(role ? await arnOfRole(iam, role) : '*', name);
}

function ofScheduler(call: Call): Requirement[] {
  if (call.name === 'scheduler:ListSchedules') return [{ action: call.name, resource: '*', context: {} }];
  const name = textOf(call, 'Name');
  const resource = `arn:aws:scheduler:${call.region}:${accountId}:schedule/default/${name}`;
  const { RoleArn } = (call.parameters['Target'] ?? {}) as { RoleArn?: string };
  const passed = RoleArn === undefined ? [] : passing(RoleArn, 'scheduler');
  return [{ action: call.name, resource, context: {} }, ...passed];
}

const passing = (resource: string, service = 'ec2'): Requirement[] => [
  { action: 'iam:PassRole', resource, context: { 'iam:PassedToService': `${service}.amazonaws.com` } },
];

const boundedBy = (arn: string | undefined): Context => (arn ? { 'iam:PermissionsBoundary': arn } : {});

async function roleOf(iam: DirectClients['iam'], RoleName: string): Promise<Role | undefined> {
  return (await iam.send(new GetRoleCommand({ RoleName })).catch(() => undefined))?.Role;
}

/** Of what is not there IAM knows no path. */
async function arnOfRole(iam: DirectClients['iam'], RoleName: string): Promise<string> {
  return (await roleOf(iam, RoleName))?.Arn ?? `arn:aws:iam::${accountId}:role/${RoleName}`;
}

async function profileOf(iam: DirectClients['iam'], InstanceProfileName: string) {
  const found = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName })).catch(() => undefined);
  return found?.InstanceProfile;
}

async function arnOfProfile(iam: DirectClients['iam'], name: string): Promise<string> {
  return (await profileOf(iam, name))?.Arn ?? `arn:aws:iam::${accountId}:instance-profile/${name}`;
}

/** What calls of EC2 act on, by the parameter that names it. */
const targets: readonly [parameter: string, type: string][] = [
  ['InstanceId', 'instance'],
  ['GroupId', 'security-group'],
  ['NetworkInterfaceId', 'network-interface'],
  ['VolumeId', 'volume'],
];

async function ofEc2(call: Call, name: string, direct: DirectClients): Promise<Requirement[]> {
  const of = (resource: string, context: Context = {}, action = call.name) => ({ action, resource, context });
  const arn = (type: string, id: string) => `arn:aws:ec2:${call.region}:${accountId}:${type}/${id}`;
  if (name.startsWith('Describe')) return [of('*')];
  const tagged = tagsThatAreAsked(call);
  const tagging = [...tagged.keys()].map((type) =>
    of(arn(type, 'new'), { 'ec2:CreateAction': name }, 'ec2:CreateTags'),
  );
  if (name === 'CreateSecurityGroup') {
    const made = of(arn('security-group', 'new'), tagged.get('security-group'));
    return [made, of(arn('vpc', textOf(call, 'VpcId') || 'default')), ...tagging];
  }
  if (name === 'RunInstances') {
    const profile = textOf(call, 'IamInstanceProfile.Name');
    const role: Role | undefined = profile ? (await profileOf(direct.iam, profile))?.Roles?.[0] : undefined;
    const groups = [
      ...listOf(call, 'SecurityGroupId'),
      ...listOf(call, 'NetworkInterface.1.SecurityGroupId'),
    ];
    const subnets = [textOf(call, 'SubnetId'), textOf(call, 'NetworkInterface.1.SubnetId')].filter(Boolean);
    const key = textOf(call, 'KeyName');
    return [
      ...['instance', 'volume', 'network-interface'].map((type) => of(arn(type, 'new'), tagged.get(type))),
      of(`arn:aws:ec2:${call.region}::image/${textOf(call, 'ImageId')}`),
      ...groups.map((id) => of(arn('security-group', id))),
      ...subnets.map((id) => of(arn('subnet', id))),
      ...(key ? [of(arn('key-pair', key))] : []),
      ...tagging,
      ...(role?.Arn === undefined ? [] : passing(role.Arn)),
    ];
  }
  const resources = targets.flatMap(([parameter, type]) =>
    [...listOf(call, parameter), textOf(call, parameter)].filter(Boolean).map((id) => [type, id] as const),
  );
  return Promise.all(resources.map(async ([type, id]) => of(arn(type, id), await tagsOf(direct, id))));
}

/** The tags of a request, as conditions name them, by the type of resource that gets them. */
function tagsThatAreAsked(call: Call): Map<string, Context> {
  const found = new Map<string, Context>();
  for (let index = 1; textOf(call, `TagSpecification.${index}.ResourceType`); index += 1) {
    const tags: Record<string, string> = {};
    const prefix = `TagSpecification.${index}.Tag`;
    for (let tag = 1; textOf(call, `${prefix}.${tag}.Key`); tag += 1) {
      tags[`aws:RequestTag/${textOf(call, `${prefix}.${tag}.Key`)}`] = textOf(call, `${prefix}.${tag}.Value`);
    }
    found.set(textOf(call, `TagSpecification.${index}.ResourceType`), tags);
  }
  return found;
}

/** The tags of a resource, as conditions name them. */
async function tagsOf({ ec2 }: DirectClients, id: string): Promise<Context> {
  const Filters = [{ Name: 'resource-id', Values: [id] }];
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters }));
  return Object.fromEntries(Tags.map(({ Key, Value = '' }) => [`aws:ResourceTag/${Key}`, Value]));
}
