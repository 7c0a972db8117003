import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { AwsStandIn } from '@loadwright/aws-stand-in';

/**
 * A role of the user.
 *
 * @param service who may take it on
 * @returns its ARN
 */
export async function roleWith(
  { direct: { iam } }: AwsStandIn,
  Statement: readonly object[],
  service: string,
  RoleName = 'theirs',
): Promise<string> {
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  );
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'theirs', PolicyDocument }));
  return Role?.Arn ?? '';
}
