import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
  ListRolePoliciesCommand,
  ListUserPoliciesCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import type { Account } from '../account.js';
import { errorAnswer, xmlAnswer } from '../answers.js';
import { listOf, textOf, type Call, type Layer } from '../calls.js';
import type { Statement } from '../enforcement.js';
import type { Users } from './permissions.js';
import { decide, type Context } from './policy.js';

/** Whom moto takes every made-up key for. */
const madeUp = 'user/moto';
const everything: Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

/** iam:SimulatePrincipalPolicy, which moto answers with an error. */
export function simulation({ moto, direct }: Account, users: Users): Layer {
  return async (call, next) => {
    if (call.name !== 'iam:SimulatePrincipalPolicy') return next(call);
    const principal = textOf(call, 'PolicySourceArn');
    const statements = await moto.unrestricted(() => statementsOf(principal));
    if (!statements) {
      return errorAnswer(call, 'NoSuchEntity', `${principal} cannot be found.`, 404);
    }
    const actions = listOf(call, 'ActionNames.member');
    const given = listOf(call, 'ResourceArns.member');
    const resources = given.length > 0 ? given : ['*'];
    const context = contextOf(call);
    const member = actions.flatMap((EvalActionName) =>
      resources.map((EvalResourceName) => ({
        EvalActionName,
        EvalResourceName,
        EvalDecision: decide(statements, EvalActionName, EvalResourceName, context),
      })),
    );
    return xmlAnswer({
      SimulatePrincipalPolicyResponse: {
        SimulatePrincipalPolicyResult: { EvaluationResults: { member }, IsTruncated: false },
      },
    });
  };

  async function statementsOf(arn: string): Promise<readonly Statement[] | undefined> {
    const [kind = '', ...path] = arn.split(':').slice(5).join(':').split('/');
    const name = path.at(-1) ?? '';
    if (`${kind}/${name}` === madeUp) return everything;
    const known = [...users.values()].find((user) => user.arn === arn);
    if (known) return known.statements;
    try {
      if (kind === 'user') return await ofUser(direct.iam, name);
      const { Role } = await direct.iam.send(new GetRoleCommand({ RoleName: name }));
      // Its path is a part of its name here.
      return Role?.Arn === arn ? await ofRole(direct.iam, name) : undefined;
    } catch (error) {
      if (error instanceof Error && /^NoSuchEntity/.test(error.name)) return undefined;
      throw error;
    }
  }
}

function contextOf(call: Call): Context {
  const entry = (index: number) => `ContextEntries.member.${index}`;
  const context: Record<string, string> = {};
  for (let index = 1; textOf(call, `${entry(index)}.ContextKeyName`); index += 1) {
    const [value = ''] = listOf(call, `${entry(index)}.ContextKeyValues.member`);
    context[textOf(call, `${entry(index)}.ContextKeyName`)] = value;
  }
  return context;
}

async function ofUser(iam: IAMClient, UserName: string): Promise<Statement[]> {
  const { PolicyNames = [] } = await iam.send(new ListUserPoliciesCommand({ UserName }));
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName }));
  const inline = PolicyNames.map((PolicyName) =>
    iam.send(new GetUserPolicyCommand({ UserName, PolicyName })),
  );
  return [...(await Promise.all(inline)).flatMap(inDocument), ...(await attached(iam, AttachedPolicies))];
}

async function ofRole(iam: IAMClient, RoleName: string): Promise<Statement[]> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  const inline = PolicyNames.map((PolicyName) =>
    iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
  );
  return [...(await Promise.all(inline)).flatMap(inDocument), ...(await attached(iam, AttachedPolicies))];
}

async function attached(iam: IAMClient, policies: readonly { PolicyArn?: string }[]): Promise<Statement[]> {
  const found = policies.map(async ({ PolicyArn }) => {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    const VersionId = Policy?.DefaultVersionId;
    const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
    return inDocument({ PolicyDocument: PolicyVersion?.Document });
  });
  return (await Promise.all(found)).flat();
}

/** IAM encodes documents for URLs. */
function inDocument({ PolicyDocument = '' }: { PolicyDocument?: string | undefined }): Statement[] {
  const { Statement: statements } = JSON.parse(decodeURIComponent(PolicyDocument)) as {
    Statement: Statement | Statement[];
  };
  return [statements].flat();
}
