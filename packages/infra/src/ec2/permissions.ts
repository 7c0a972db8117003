import { isLoadwrightError, type FleetPermissions } from '@loadwright/core';
import { lookUpCaller } from '../aws/account/caller.js';
import { accountProblem } from '../aws/account/problem.js';
import type { Aws } from '../aws/clients.js';
import { policyFor } from '../aws/permissions.js';
import type { Ec2FleetSettings } from './settings.js';

/** In the ARNs of a policy: whichever account it is attached in. */
const anyAccount = '*';

/**
 * The policy for whoever deploys. Who calls needs no permission to be told, and where there are no credentials yet the
 * policy is for any account.
 */
export async function fleetPermissions(
  aws: Aws,
  settings: Ec2FleetSettings,
  given: string | undefined,
): Promise<FleetPermissions> {
  const { region } = settings.aws;
  if (given !== undefined) {
    return { statements: policyFor({ accountId: given, region }, settings), notes: [] };
  }
  try {
    const { accountId } = await lookUpCaller(aws);
    return { statements: policyFor({ accountId, region }, settings), notes: [] };
  } catch (error) {
    aws.signal.throwIfAborted();
    const problem = accountProblem(error);
    if (!isLoadwrightError(problem)) throw problem;
    return {
      statements: policyFor({ accountId: anyAccount, region }, settings),
      notes: [
        `The policy names no account, because nobody tells it: ${problem.message}`,
        'It works in every account. To have it name yours: --account <id>, or credentials of it.',
      ],
    };
  }
}
