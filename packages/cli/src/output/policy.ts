import type { FleetPermissions, IamStatement } from '@loadwright/core';
import { formatNumber } from '@loadwright/core/report';
import { stringify } from 'yaml';
import type { Colors } from './colors.js';
import { wrapList } from './wrap.js';

/**
 * The actions of statements, each once, for people.
 *
 * @param policyCommand What prints them as a policy.
 */
export function formatActions(
  statements: readonly IamStatement[],
  columns: number,
  colors: Colors,
  policyCommand: string,
): string[] {
  if (statements.length === 0) return ['No permissions are needed.'];
  const actions = [...new Set(statements.flatMap(({ Action }) => Action))].sort();
  return [
    `${colors.bold('Permissions')} ${colors.dim(`as a policy: ${policyCommand}`)}`,
    ...wrapList(actions, columns),
  ];
}

/** An IAM policy of these statements. */
export function policyDocument(statements: readonly IamStatement[]) {
  return { Version: '2012-10-17', Statement: statements };
}

/**
 * Characters of which a managed policy may have 6,144, the inline policies of a role 10,240 together, and those of a user 2,048:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. Whitespace does not count.
 */
export const policyLimits = { managed: 6144, ofRole: 10_240 } as const;

/** Length of a policy of these statements, as IAM counts it. */
export function policyLength(statements: readonly IamStatement[]): number {
  return JSON.stringify(policyDocument(statements)).length;
}

/** The statements in as few groups, in their order, as each fit into a managed policy. */
export function managedPolicies(statements: readonly IamStatement[]): IamStatement[][] {
  const parts: IamStatement[][] = [];
  for (const statement of statements) {
    const last = parts.at(-1);
    if (last && policyLength([...last, statement]) <= policyLimits.managed) last.push(statement);
    else parts.push([statement]);
  }
  return parts;
}

/** Where a policy fits that is too long for a managed one, and how its statements are spread over several. */
export function lengthNotes(statements: readonly IamStatement[]): string[] {
  const length = policyLength(statements);
  if (length <= policyLimits.managed) return [];
  const [managed, ofRole] = [policyLimits.managed, policyLimits.ofRole].map((limit) => formatNumber(limit));
  const parts = managedPolicies(statements).map(
    (part) => `${part[0]?.Sid ?? 'the first'} to ${part.at(-1)?.Sid ?? 'the last'}`,
  );
  return [
    `The policy has ${formatNumber(length)} characters: ${length <= policyLimits.ofRole ? `it fits as the inline policy of a role (${ofRole}), not as a managed policy (${managed})` : `more than the inline policies of a role (${ofRole}) or a managed policy (${managed}) may have`}.`,
    `As ${parts.length} managed policies, with the statements ${parts.join('; ')}: each fits.`,
  ];
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
