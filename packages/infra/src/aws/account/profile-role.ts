import { GetInstanceProfileCommand } from '@aws-sdk/client-iam';
import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';

/**
 * ARN of the role in an instance profile of the user.
 *
 * @throws LoadwrightError `PROVISIONING_FAILED` when it holds none; an error of AWS when there is no such profile.
 */
export async function lookUpProfileRole(aws: Aws, instanceProfile: string): Promise<string> {
  const { InstanceProfile } = await aws.iam.send(
    new GetInstanceProfileCommand({ InstanceProfileName: instanceProfile }),
  );
  const [role] = InstanceProfile?.Roles ?? [];
  if (role?.Arn !== undefined) return role.Arn;
  throw new LoadwrightError('PROVISIONING_FAILED', `The instance profile ${instanceProfile} holds no role.`, {
    hint: 'Put a role into it, or leave the option instanceProfile out.',
  });
}

/** The same where it only makes a policy narrower: undefined when there is no profile, or nobody may look. */
export async function knownProfileRole(
  aws: Aws,
  instanceProfile: string | undefined,
): Promise<string | undefined> {
  if (instanceProfile === undefined) return undefined;
  try {
    return await lookUpProfileRole(aws, instanceProfile);
  } catch {
    aws.signal.throwIfAborted();
    return undefined;
  }
}
