import type { IamStatement } from '@loadwright/core';

/** An IAM policy of these statements. */
export function policyDocument(statements: readonly IamStatement[]) {
  return { Version: '2012-10-17', Statement: statements };
}

/** A CloudFormation template that makes a role with this policy. Whoever makes the stack says who may take it on. */
export function roleTemplate(statements: readonly IamStatement[], roleName: string) {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Role of those who run load tests with Loadwright',
    Parameters: {
      PrincipalArn: { Type: 'String', Description: 'ARN of the user or role that may take this role on' },
    },
    Resources: {
      LoadwrightRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: roleName,
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: ['sts:AssumeRole'], Principal: { AWS: { Ref: 'PrincipalArn' } } },
            ],
          },
          Policies: [{ PolicyName: roleName, PolicyDocument: policyDocument(statements) }],
        },
      },
    },
    Outputs: { RoleArn: { Value: { 'Fn::GetAtt': ['LoadwrightRole', 'Arn'] } } },
  };
}
