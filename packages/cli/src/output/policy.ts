import type { IamStatement } from '@loadwright/core';
import { stringify } from 'yaml';
import type { Colors } from './colors.js';
import { wrapList } from './wrap.js';

/** The actions of statements, each once, for people. */
export function formatActions(
  statements: readonly IamStatement[],
  columns: number,
  colors: Colors,
): string[] {
  if (statements.length === 0) return ['No permissions are needed.'];
  const actions = [...new Set(statements.flatMap(({ Action }) => Action))].sort();
  return [
    `${colors.bold('Permissions')} ${colors.dim('as a policy: loadwright iam policy')}`,
    ...wrapList(actions, columns),
  ];
}

/** An IAM policy of these statements. */
export function policyDocument(statements: readonly IamStatement[]) {
  return { Version: '2012-10-17', Statement: statements };
}

/**
 * A CloudFormation template that makes a role with this policy. It may be taken on by one principal, or by whomever the
 * account itself allows to.
 */
export function roleTemplate(statements: readonly IamStatement[], roleName: string) {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Role of those who run load tests with Loadwright',
    Parameters: {
      PrincipalArn: {
        Type: 'String',
        Default: '',
        Description:
          'ARN of the user or role that may take this role on. Empty: whoever in this account has the permission sts:AssumeRole for it.',
      },
    },
    Conditions: { IsForAccount: { 'Fn::Equals': [{ Ref: 'PrincipalArn' }, ''] } },
    Resources: {
      LoadwrightRole: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: roleName,
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: ['sts:AssumeRole'],
                Principal: {
                  AWS: {
                    'Fn::If': [
                      'IsForAccount',
                      { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' },
                      { Ref: 'PrincipalArn' },
                    ],
                  },
                },
              },
            ],
          },
          Policies: [{ PolicyName: roleName, PolicyDocument: policyDocument(statements) }],
        },
      },
    },
    Outputs: { RoleArn: { Value: { 'Fn::GetAtt': ['LoadwrightRole', 'Arn'] } } },
  };
}

/** As people write templates: YAML, in which nothing is folded or shared, and no version is read as a date. */
export function formatTemplate(template: ReturnType<typeof roleTemplate>): string {
  return stringify(template, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
