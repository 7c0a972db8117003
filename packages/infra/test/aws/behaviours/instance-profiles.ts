import type { Account } from '../account.js';
import { errorAnswer } from '../answers.js';
import { textOf, type Layer } from '../calls.js';
import { profileOf, succeeded } from './machines.js';

interface Profile {
  refusals: number;
  hasRole: boolean;
}

/** EC2 sees a new instance profile, and the role in it, later than IAM does. */
export function instanceProfiles({ behaviour }: Account): Layer {
  const made = new Map<string, Profile>();

  return async (call, next) => {
    const name = textOf(call, 'InstanceProfileName');
    if (call.name === 'ec2:RunInstances' && textOf(call, 'DryRun') !== 'true') {
      const asked = profileOf(call);
      const profile = made.get(asked ?? '');
      if (profile && profile.refusals < behaviour.profileRefusals) {
        profile.refusals += 1;
        return errorAnswer(
          call,
          'InvalidParameterValue',
          `Value (${asked}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
        );
      }
      if (profile && !profile.hasRole) {
        return errorAnswer(
          call,
          'InvalidParameterValue',
          `IAM Instance Profile "${asked}" has no associated IAM Roles`,
        );
      }
    }
    const answer = await next(call);
    if (!succeeded(answer)) return answer;
    const profile = made.get(name);
    if (call.name === 'iam:CreateInstanceProfile') made.set(name, { refusals: 0, hasRole: false });
    if (call.name === 'iam:DeleteInstanceProfile') made.delete(name);
    if (call.name === 'iam:AddRoleToInstanceProfile' && profile) profile.hasRole = true;
    if (call.name === 'iam:RemoveRoleFromInstanceProfile' && profile) profile.hasRole = false;
    return answer;
  };
}
