import { paginateSimulatePrincipalPolicy, type ContextEntry } from '@aws-sdk/client-iam';
import type { Aws } from '../clients.js';
import type { NeededPermissions } from '../permissions/needed.js';
import { tagKeys } from '../fleet-identity.js';

/** Replaces the `*` of a pattern: a simulation is about one resource. */
const sample = 'sample';

/** What the conditions of the policy ask for, as Loadwright's calls bring it. */
const usual = {
  'ssm:resourceTag/aws:ssmmessages:session-id': sample,
  'aws:userid': sample,
  'ec2:CreateAction': 'RunInstances',
  'iam:PassedToService': 'ec2.amazonaws.com',
};

/** The same with the tags of fleets of a kind. */
function contextFor(fleetKind: string): ContextEntry[] {
  const tags = ['aws:RequestTag', 'aws:ResourceTag', 'ssm:resourceTag'].flatMap((key) => [
    [`${key}/${tagKeys.fleetId}`, sample] as const,
    [`${key}/${tagKeys.kind}`, fleetKind] as const,
  ]);
  return [...tags, ...Object.entries(usual)].map(entryOf);
}

const boundaryKey = 'iam:PermissionsBoundary';

function entryOf([ContextKeyName, value]: readonly [string, string | string[]]): ContextEntry {
  return { ContextKeyName, ContextKeyValues: [value].flat(), ContextKeyType: 'string' };
}

/** Permissions that are asked about together. */
export type AskedPermissions = Pick<NeededPermissions, 'actions' | 'resources' | 'condition'>;

/**
 * Asks IAM which actions a user or role may not do. Nothing is tried.
 *
 * @param arn of the user or role, with its path
 * @param accountId for resources of which the account is a pattern
 * @param boundary that a role which is made will have
 */
export async function deniedActions(
  aws: Aws,
  arn: string,
  accountId: string,
  { actions, resources, condition }: AskedPermissions,
  boundary?: string,
): Promise<string[]> {
  const denied = new Set<string>();
  const context = contextFor(aws.settings.fleetKind);
  const pages = paginateSimulatePrincipalPolicy(
    { client: aws.iam },
    {
      PolicySourceArn: arn,
      ActionNames: [...actions],
      ResourceArns: resources.map((pattern) => oneOf(pattern, accountId)),
      ContextEntries: [
        ...context,
        ...(boundary === undefined ? [] : [entryOf([boundaryKey, boundary])]),
        ...contextOf(condition, context),
      ],
    },
  );
  for await (const { EvaluationResults = [] } of pages) {
    for (const { EvalActionName = '', EvalDecision } of EvaluationResults) {
      if (EvalDecision !== 'allowed') denied.add(EvalActionName);
    }
  }
  return [...denied];
}

function oneOf(pattern: string, accountId: string): string {
  if (pattern === '*') return pattern;
  return pattern.replace(/^((?:[^:]*:){4})\*:/, `$1${accountId}:`).replaceAll('*', sample);
}

/** What a condition of the target asks for is what its requests bring. */
function contextOf(
  condition: AskedPermissions['condition'],
  context: readonly ContextEntry[],
): ContextEntry[] {
  const known = new Set([boundaryKey, ...context.map(({ ContextKeyName }) => ContextKeyName)]);
  return Object.values(condition ?? {}).flatMap((keys) =>
    Object.entries(keys as Record<string, string | string[]>)
      .filter(([key]) => !known.has(key))
      .map(entryOf),
  );
}
