import type { Account } from '../account.js';
import { denied } from '../answers.js';
import type { Call, Layer } from '../calls.js';
import type { User } from '../enforcement.js';
import { decide } from './policy.js';

/** The users that a test made, by access key. */
export type Users = Map<string, User>;

/** Answered by the stand-in itself, so moto cannot check them. */
const answeredHere = new Set([
  'pricing:GetProducts',
  'servicequotas:GetServiceQuota',
  'iam:SimulatePrincipalPolicy',
  'ssm:GetParameter',
  'ssm:GetParameters',
]);

/** What a call needs besides its own action, by a parameter: moto does not ask for it. */
const implied: readonly [call: string, parameter: RegExp, action: string][] = [
  ['ec2:RunInstances', /^IamInstanceProfile\./, 'iam:PassRole'],
  ['ec2:RunInstances', /^TagSpecification\./, 'ec2:CreateTags'],
  ['ec2:CreateSecurityGroup', /^TagSpecification\./, 'ec2:CreateTags'],
  ['iam:AddRoleToInstanceProfile', /^RoleName$/, 'iam:PassRole'],
  ['iam:CreateRole', /^Tags\./, 'iam:TagRole'],
  ['iam:CreateInstanceProfile', /^Tags\./, 'iam:TagInstanceProfile'],
  ['ssm:PutParameter', /^Tags$/, 'ssm:AddTagsToResource'],
];

/** The part of permissions that moto leaves out. Enforces actions, not resources, as moto does. */
export function permissions({ moto }: Account, users: Users): Layer {
  return async (call, next) => {
    if (!moto.enforcing) return next(call);
    const missing = needed(call).find((action) => !allowed(call, action));
    return missing ? denied(call, missing) : next(call);
  };

  function allowed(call: Call, action: string): boolean {
    const statements = users.get(call.accessKeyId)?.statements ?? [];
    return (
      decide(
        statements.map((one) => ({ ...one, Resource: '*' })),
        action,
        '*',
      ) === 'allowed'
    );
  }
}

function needed(call: Call): string[] {
  const parameters = Object.keys(call.parameters);
  return [
    ...(answeredHere.has(call.name) ? [call.name] : []),
    ...implied
      .filter(([name, pattern]) => name === call.name && parameters.some((key) => pattern.test(key)))
      .map(([, , action]) => action),
  ];
}
