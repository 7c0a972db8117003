import {
  GetInstanceProfileCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { textOf, type Call } from '../calls.js';
import type { Statement } from '../enforcement.js';
import { decide } from './policy.js';
import { endpointArn } from './requirement.js';

/** Names of roles, by the access keys that the metadata service gives of them. */
export type Roles = Map<string, string>;

/** The role in an instance profile, if there is one. */
export async function roleInProfile(iam: IAMClient, name: string): Promise<string | undefined> {
  const answer = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
  return answer.InstanceProfile?.Roles?.[0]?.RoleName;
}

/** Whether the role's own policies, as they are now, allow a call on its resource. */
export async function roleAllows(iam: IAMClient, RoleName: string, call: Call): Promise<boolean> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const policies = await Promise.all(
    PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
  );
  const statements = policies.flatMap(({ PolicyDocument = '' }) => {
    const document = JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: Statement[] };
    return document.Statement;
  });
  return resourcesOf(call).every((resource) => decide(statements, call.name, resource, {}) === 'allowed');
}

/** The ARNs that AWS asks about; docs.aws.amazon.com/service-authorization. */
function resourcesOf(call: Call): string[] {
  switch (call.name) {
    case 'sagemaker:InvokeEndpoint':
      return [endpointArn(call)];
    case 's3:GetObject':
      return [`arn:aws:s3:::${textOf(call, 'Bucket')}/${textOf(call, 'Key')}`];
    case 'ssm:GetParametersByPath':
      return [`arn:aws:ssm:${call.region}:123456789012:parameter${textOf(call, 'Path')}`];
    case 'ssm:PutParameter':
      return [`arn:aws:ssm:${call.region}:123456789012:parameter${textOf(call, 'Name')}`];
    case 'ssm:DeleteParameters':
      return (call.parameters['Names'] as string[]).map(
        (name) => `arn:aws:ssm:${call.region}:123456789012:parameter${name}`,
      );
    default:
      return ['*'];
  }
}
