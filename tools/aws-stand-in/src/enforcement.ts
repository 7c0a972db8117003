import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  PutUserPolicyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';

/** A statement of a policy. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object | undefined;
}

export interface User {
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly statements: readonly Statement[];
}

let users = 0;

/** Makes a user with one inline policy. */
export async function addUser(iam: IAMClient, statements: readonly Statement[]): Promise<User> {
  const UserName = `tester-${(users += 1)}`;
  const { User: made } = await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName: 'given',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: forMoto(statements) }),
    }),
  );
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return {
    arn: made?.Arn ?? '',
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    statements,
  };
}

/**
 * moto enforces actions: to it every call is for the resource `*`, and every condition fails. Resources, conditions and
 * S3, for whose permissions it has names of its own, are left to the stand-in.
 */
function forMoto(statements: readonly Statement[]): Statement[] {
  return [
    { Effect: 'Allow', Action: 's3:*', Resource: '*' },
    ...statements.map(({ Effect, Action }) => ({ Effect, Action, Resource: '*' })),
  ];
}
