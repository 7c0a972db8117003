import type { FleetPermissions, IamStatement } from '@loadwright/core';
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
 * A CloudFormation template that makes a role with this policy, and the permissions boundary that it asks for. One principal
 * may take the role on: whoever deploys names it.
 */
export function roleTemplate({
  statements,
  boundary,
  roleName,
}: Pick<FleetPermissions, 'statements' | 'boundary'> & { readonly roleName: string }) {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Role of those who run load tests with Loadwright',
    Parameters: {
      PrincipalArn: {
        Type: 'String',
        AllowedPattern: '^arn:aws[a-z-]*:(iam|sts)::\\d{12}:(user|role|assumed-role)/.+$',
        ConstraintDescription: 'must be the ARN of one user or role',
        Description: 'ARN of the user or role that may take this role on',
      },
      CreateBoundary: {
        Type: 'String',
        AllowedValues: ['yes', 'no'],
        Default: 'yes',
        Description: 'no: the account has the permissions boundary already',
      },
    },
    Conditions: { MakesBoundary: { 'Fn::Equals': [{ Ref: 'CreateBoundary' }, 'yes'] } },
    Resources: {
      LoadwrightBoundary: {
        Type: 'AWS::IAM::ManagedPolicy',
        Condition: 'MakesBoundary',
        Properties: {
          ManagedPolicyName: boundary.name,
          Path: boundary.path,
          Description: 'The most that the role of a machine of Loadwright may do',
          PolicyDocument: policyDocument(boundary.statements),
        },
      },
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

/** As people write templates: YAML, in which nothing is folded or shared, and no version is read as a date. */
export function formatTemplate(template: ReturnType<typeof roleTemplate>): string {
  return stringify(template, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
