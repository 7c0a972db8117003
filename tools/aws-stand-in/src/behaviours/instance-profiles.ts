import type { Account } from '../account.js';
import { errorAnswer } from '../answers.js';
import { textOf, type Answer, type Layer } from '../calls.js';
import { at, elements, parseXml, text, withXml, type XmlElement } from '../xml.js';
import { profileOf, succeeded } from './machines.js';

interface Profile {
  refusals: number;
  hasRole: boolean;
}

/**
 * EC2 sees a new instance profile, and the role in it, later than IAM does. A list is only of those below the path that
 * is asked for: moto lists them all.
 */
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
    if (call.name === 'iam:ListInstanceProfiles') return below(textOf(call, 'PathPrefix'), answer);
    const profile = made.get(name);
    if (call.name === 'iam:CreateInstanceProfile') made.set(name, { refusals: 0, hasRole: false });
    if (call.name === 'iam:DeleteInstanceProfile') made.delete(name);
    if (call.name === 'iam:AddRoleToInstanceProfile' && profile) profile.hasRole = true;
    if (call.name === 'iam:RemoveRoleFromInstanceProfile' && profile) profile.hasRole = false;
    return answer;
  };
}

function below(path: string, answer: Answer): Answer {
  const document = parseXml(answer);
  const result = at(document, 'ListInstanceProfilesResponse', 'ListInstanceProfilesResult') as XmlElement;
  const members = elements(result, 'InstanceProfiles', 'member');
  result['InstanceProfiles'] = {
    member: members.filter((profile) => text(profile, 'Path').startsWith(path)),
  };
  return withXml(answer, document);
}
