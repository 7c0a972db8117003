import { paginateSimulatePrincipalPolicy, type ContextEntry } from '@aws-sdk/client-iam';
import type { Finding } from '@loadwright/core';
import type { Caller } from '../../aws/account/caller.js';
import type { Aws } from '../../aws/clients.js';
import { neededPermissions, type MachineWishes, type NeededPermissions } from '../../aws/permissions.js';
import { tagKeys } from '../../aws/run-identity.js';

/** What stands in for the `*` of a pattern: a simulation is about one resource. */
const sample = 'sample';

/** What the conditions of the policy ask for, as Loadwright's calls bring it. */
const context: readonly ContextEntry[] = Object.entries({
  [`aws:RequestTag/${tagKeys.runId}`]: sample,
  [`aws:ResourceTag/${tagKeys.runId}`]: sample,
  'ec2:CreateAction': 'RunInstances',
  'iam:PassedToService': 'ec2.amazonaws.com',
  'iam:AWSServiceName': 'spot.amazonaws.com',
}).map(([ContextKeyName, value]) => ({
  ContextKeyName,
  ContextKeyValues: [value],
  ContextKeyType: 'string',
}));

/** All permissions that the caller lacks, at once. IAM is asked; nothing is tried. */
export async function checkPermissions(
  aws: Aws,
  { accountId, arn }: Caller,
  wishes: MachineWishes,
): Promise<string | Omit<Finding, 'subject'>> {
  const needed = neededPermissions({ accountId, region: aws.settings.region }, wishes);
  const count = needed.reduce((sum, { actions }) => sum + actions.length, 0);
  if (arn.endsWith(':root')) return `the root user has all ${count}`;
  const principal = principalOf(arn);
  const missing = (await Promise.all(needed.map((row) => simulate(aws, principal, row)))).flat();
  if (missing.length === 0) return `${principal} has all ${count}`;
  return {
    state: 'problem',
    detail: `${principal} lacks ${missing.join('; ')}`,
    remedy:
      'Grant them: "loadwright iam policy" prints the whole policy, as JSON and as a CloudFormation template.',
  };
}

/** A session is judged by its role. Its path is not told: one that has a path is not found. */
function principalOf(arn: string): string {
  return arn.replace(/^(arn:[\w-]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, '$1:iam::$2:role/$3');
}

async function simulate(
  aws: Aws,
  PolicySourceArn: string,
  { actions, resources, why }: NeededPermissions,
): Promise<string[]> {
  const denied = new Set<string>();
  const pages = paginateSimulatePrincipalPolicy(
    { client: aws.iam },
    {
      PolicySourceArn,
      ActionNames: [...actions],
      ResourceArns: resources.map((pattern) => (pattern === '*' ? pattern : pattern.replaceAll('*', sample))),
      ContextEntries: [...context],
    },
  );
  for await (const { EvaluationResults = [] } of pages) {
    for (const { EvalActionName = '', EvalDecision } of EvaluationResults) {
      if (EvalDecision !== 'allowed') denied.add(EvalActionName);
    }
  }
  return [...denied].map((action) => `${action} (to ${why})`);
}
