import type { IamStatement } from '@loadwright/core';

/** An IAM policy of these statements. */
export function policyDocument(statements: readonly IamStatement[]) {
  return { Version: '2012-10-17', Statement: statements };
}

/**
 * A CloudFormation template that makes a role with this policy. Who of the account may take it on, their own policies
 * say.
 */
export function roleTemplate(statements: readonly IamStatement[], roleName: string) {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'A role that may make, watch and remove the fleets of Loadwright, and nothing else.',
    Resources: {
      LoadwrightRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: roleName,
          AssumeRolePolicyDocument: policyOfTrust,
          Policies: [{ PolicyName: roleName, PolicyDocument: policyDocument(statements) }],
        },
      },
    },
    Outputs: { RoleArn: { Value: { 'Fn::GetAtt': ['LoadwrightRole', 'Arn'] } } },
  };
}

const policyOfTrust = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } },
    },
  ],
};
