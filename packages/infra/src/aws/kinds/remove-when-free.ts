import { LoadwrightError } from '@loadwright/core/fleet';
import type { Aws } from '../clients.js';
import { poll } from '../poll.js';
import { codeOf, unlessAbsent } from '../service-error.js';

/**
 * What EC2 answers while something else still uses a resource, and S3 while it still makes one. Of a network interface EC2 says
 * it with a code that stands for much else: "InvalidParameterValue: Network interface '…' is currently in use." IAM shows late
 * that a profile has lost its role, and a role its policy: "DeleteConflict: Cannot delete entity, must delete policies first."
 * ECS says it of clusters by codes such as ClusterContainsServicesException.
 */
const inUse =
  /^(DependencyViolation|VolumeInUse|InvalidNetworkInterface\.InUse|IncorrectState|OperationAborted|ClusterContains\w+Exception|UpdateInProgressException|OperationAbortedException):|^InvalidParameterValue:.* in use|^DeleteConflict(Exception)?:.*must (remove roles from instance profile|delete policies|detach all policies) first/;

/** How long something is waited for that is in use. */
export interface WhenFree {
  /** What of others uses it, each on a line with the way to free it: for that nobody waits. */
  readonly others?: () => Promise<readonly string[]>;
}

/**
 * Removes what something that has just ended or been removed still holds for a while.
 *
 * @throws LoadwrightError `RESOURCES_REMAIN` when it is not free in time, and at once when others use it.
 */
export async function removeWhenFree(
  aws: Aws,
  what: string,
  remove: () => Promise<unknown>,
  { others }: WhenFree = {},
): Promise<void> {
  const { removal } = aws.settings.pace;
  const gone = await poll(aws, 'removal', async () => {
    try {
      await unlessAbsent(remove());
      return true;
    } catch (error) {
      if (!inUse.test(`${codeOf(error)}: ${(error as Error).message}`)) throw error;
      requireNoOthers(what, (await others?.()) ?? []);
      return undefined;
    }
  });
  if (gone) return;
  throw new LoadwrightError('RESOURCES_REMAIN', `the ${what} is still in use after ${removal / 1000} s`, {
    retryable: true,
  });
}

function requireNoOthers(what: string, others: readonly string[]): void {
  if (others.length === 0) return;
  const lines = others.map((line) => `\n  ${line}`).join('');
  throw new LoadwrightError('RESOURCES_REMAIN', `others use the ${what}, which these free:${lines}`);
}
