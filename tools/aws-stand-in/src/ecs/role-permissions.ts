import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { decide, type Context } from '../behaviours/policy.js';
import type { Statement } from '../enforcement.js';

/** The statements of a role: its own policies and the managed ones that are attached to it. */
export async function statementsOf(iam: IAMClient, RoleName: string): Promise<Statement[]> {
  const [{ PolicyNames = [] }, { AttachedPolicies = [] }] = await Promise.all([
    iam.send(new ListRolePoliciesCommand({ RoleName })),
    iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
  ]);
  const own = PolicyNames.map(async (PolicyName) => {
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    return PolicyDocument;
  });
  const attached = AttachedPolicies.map(async ({ PolicyArn }) => {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    const version = { PolicyArn, VersionId: Policy?.DefaultVersionId };
    return (await iam.send(new GetPolicyVersionCommand(version))).PolicyVersion?.Document;
  });
  const documents = await Promise.all([...own, ...attached]);
  return documents.flatMap((document = '') => {
    const { Statement: statements } = JSON.parse(decodeURIComponent(document)) as {
      Statement: Statement | Statement[];
    };
    return [statements].flat();
  });
}

/** The first of some actions that a role may not do; undefined: it may do all. */
export function firstDenied(
  statements: readonly Statement[],
  actions: readonly (readonly [action: string, resource: string, context?: Context])[],
): string | undefined {
  return actions.find(
    ([action, resource, context = {}]) => decide(statements, action, resource, context) !== 'allowed',
  )?.[0];
}
