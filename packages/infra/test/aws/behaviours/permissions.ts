import type { Account } from '../account.js';
import { denied } from '../answers.js';
import type { Call, Layer } from '../calls.js';
import type { User } from '../enforcement.js';
import { roleAllows, type Roles } from './machine-roles.js';
import { decide } from './policy.js';

/** The users that a test made, by access key. */
export type Users = Map<string, User>;

/** Answered by the stand-in itself, so moto cannot check them. */
const answeredHere = new Set([
  'pricing:GetProducts',
  'servicequotas:GetServiceQuota',
  'iam:SimulatePrincipalPolicy',
  'ssm:GetParameter',
  'ssm:GetParameters',
]);

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

/** What a call needs besides its own action, by a parameter: moto does not ask for it. */
const implied: readonly [call: string, parameter: RegExp, action: string][] = [
  ['ec2:RunInstances', /^IamInstanceProfile\./, 'iam:PassRole'],
  ['ec2:RunInstances', /^TagSpecification\./, 'ec2:CreateTags'],
  ['ec2:CreateSecurityGroup', /^TagSpecification\./, 'ec2:CreateTags'],
  ['iam:AddRoleToInstanceProfile', /^RoleName$/, 'iam:PassRole'],
  ['iam:CreateRole', /^Tags\./, 'iam:TagRole'],
  ['iam:CreateInstanceProfile', /^Tags\./, 'iam:TagInstanceProfile'],
  ['ssm:PutParameter', /^Tags$/, 'ssm:AddTagsToResource'],
];

/** What moto writes when a permission is missing. */
const refused = /is not authorized to perform: ([\w:-]+)/;

/**
 * The part of permissions that moto leaves out. Of users it enforces actions, not resources, as moto does, and when that
 * was asked for; of the roles of machines it always enforces both.
 */
export function permissions({ moto, direct }: Account, users: Users, roles: Roles): Layer {
  return async (call, next) => {
    const role = roles.get(call.accessKeyId);
    if (role !== undefined) {
      const allows = await moto.unrestricted(() => roleAllows(direct.iam, role, call));
      return allows ? next(call) : denied(call);
    }
    if (!moto.enforcing) return next(call);
    const missing = needed(call).find((action) => !allowed(call, action));
    if (missing) return denied(call, missing);
    const answer = await next(call);
    // moto says it the same way for every service.
    const action = answer.status === 403 && refused.exec(answer.body.toString())?.[1];
    return action ? denied(call, action) : answer;
  };

  function allowed(call: Call, action: string): boolean {
    const statements = users.get(call.accessKeyId)?.statements ?? [];
    return (
      decide(
        statements.map((one) => ({ ...one, Resource: '*' })),
        action,
        '*',
      ) === 'allowed'
    );
  }
}

function needed(call: Call): string[] {
  const parameters = Object.keys(call.parameters);
  return [
    ...(answeredHere.has(call.name) ? [call.name] : []),
    ...(call.service === 's3' ? [ofS3[call.name] ?? call.name] : []),
    ...implied
      .filter(([name, pattern]) => name === call.name && parameters.some((key) => pattern.test(key)))
      .map(([, , action]) => action),
  ];
}
