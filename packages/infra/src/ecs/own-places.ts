import { DescribeClustersCommand } from '@aws-sdk/client-ecs';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { LoadwrightError } from '@loadwright/core/fleet';
import { combined } from '../aws/account/combined.js';
import { accountProblem } from '../aws/account/problem.js';
import { lookUpProfileRole } from '../aws/account/profile-role.js';
import type { Aws } from '../aws/clients.js';
import { kindPrefix } from '../aws/fleet-identity.js';
import { hasRepository } from '../aws/kinds/image-tag.js';
import { isAbsent, isForbidden } from '../aws/service-error.js';
import { noRepository } from './deploy/push-bundle.js';
import type { EcsFleetSettings } from './settings.js';

/**
 * What the user brings must be there before anything is made, and ECS and ECR must answer at all: a policy of the organisation may
 * deny them, and an account of another region may not have them.
 *
 * @throws LoadwrightError with everything that is wrong: `CONFIG_INVALID` for what does not exist or cannot be used.
 */
export async function requireOwnPlaces(aws: Aws, settings: EcsFleetSettings): Promise<void> {
  const settled = await Promise.allSettled([
    requireCluster(aws, settings),
    requireRepository(aws, settings),
    requireProfile(aws, settings),
    requireRole(aws, 'executionRole', settings.executionRole),
    requireRole(aws, 'taskRole', settings.taskRole),
  ]);
  aws.signal.throwIfAborted();
  const failures = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length > 0) throw combined(failures.map(accountProblem));
}

async function requireCluster(
  aws: Aws,
  { cluster: name, launchType, spot }: EcsFleetSettings,
): Promise<void> {
  const clusters = [name ?? `${kindPrefix(aws.settings.fleetKind)}any`];
  const { clusters: [found] = [] } = await aws.ecs.send(new DescribeClustersCommand({ clusters }));
  if (name === undefined) return;
  const { region } = aws.settings;
  if (found?.status !== 'ACTIVE') {
    const state = found === undefined ? 'does not exist' : `is ${found.status}`;
    throw new LoadwrightError('CONFIG_INVALID', `fleet.cluster: found ${name}, which ${state} in ${region}`, {
      hint:
        found?.status === 'INACTIVE'
          ? `It was deleted. Create it again (aws ecs create-cluster --cluster-name ${name} --region ${region}), or leave the option cluster out for one of its own.`
          : 'Create it, or leave the option cluster out for one of its own.',
    });
  }
  if (launchType === 'fargate' && spot && found.capacityProviders?.includes('FARGATE_SPOT') !== true) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `fleet.cluster: found ${name}, which has no spare capacity of Fargate`,
      {
        hint: 'Give it the capacity providers FARGATE and FARGATE_SPOT (aws ecs put-cluster-capacity-providers), or leave spot or cluster out.',
      },
    );
  }
}

async function requireRepository(aws: Aws, { repository, isOwnRepository }: EcsFleetSettings): Promise<void> {
  const isThere = await hasRepository(aws, repository);
  if (!isThere && isOwnRepository) throw noRepository(aws, repository);
}

async function requireProfile(aws: Aws, { instanceProfile }: EcsFleetSettings): Promise<void> {
  if (instanceProfile === undefined) return;
  try {
    await lookUpProfileRole(aws, instanceProfile);
  } catch (error) {
    // Who may not look may still use it.
    if (isForbidden(error)) return;
    if (!isAbsent(error)) throw error;
    throw unknownOption('instanceProfile', instanceProfile);
  }
}

async function requireRole(
  aws: Aws,
  option: 'executionRole' | 'taskRole',
  arn: string | undefined,
): Promise<void> {
  if (arn === undefined) return;
  const RoleName = arn.slice(arn.lastIndexOf('/') + 1);
  try {
    const { Role } = await aws.iam.send(new GetRoleCommand({ RoleName }));
    const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
    if (trust === '' || trust.includes('ecs-tasks.amazonaws.com')) return;
  } catch (error) {
    if (isForbidden(error)) return;
    if (!isAbsent(error)) throw error;
    throw unknownOption(option, arn);
  }
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.${option}: found ${arn}, which tasks of ECS may not take on`,
    {
      hint: `Let its trust policy allow sts:AssumeRole to the service ecs-tasks.amazonaws.com, or leave the option ${option} out.`,
    },
  );
}

function unknownOption(option: string, found: string): LoadwrightError {
  return new LoadwrightError('CONFIG_INVALID', `fleet.${option}: found ${found}, which does not exist`, {
    hint: `Create it, or leave the option ${option} out for one of its own.`,
  });
}
