import { GetPolicyCommand, GetPolicyVersionCommand } from '@aws-sdk/client-iam';
import { LoadwrightError, type IamStatement } from '@loadwright/core/fleet';
import { z } from 'zod';
import { boundaryOf, type BoundaryWish } from '../permissions/boundary.js';
import type { Place } from '../permissions/place.js';
import type { Aws } from '../clients.js';
import { codeOf, unlessAbsent } from '../service-error.js';

/**
 * The permissions boundary for the role of a machine: the one that is named, else that of the account if it has one.
 *
 * @returns its ARN; undefined when the account has none, or nobody may look.
 * @throws LoadwrightError `CONFIG_INVALID` when the one that is named does not exist.
 */
export async function findBoundary(
  aws: Aws,
  place: Place,
  wishes: BoundaryWish,
): Promise<string | undefined> {
  const arn = boundaryOf(place, wishes);
  try {
    const found = await unlessAbsent(aws.iam.send(new GetPolicyCommand({ PolicyArn: arn })));
    if (found) return arn;
  } catch (error) {
    // Whoever may make roles without a boundary need not be allowed to look for one.
    if (wishes.permissionsBoundary !== undefined || !/^AccessDenied/.test(codeOf(error))) throw error;
  }
  if (wishes.permissionsBoundary === undefined) return undefined;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `fleet.permissionsBoundary: found ${arn}, which does not exist in account ${place.accountId}`,
    {
      hint: 'Create it, or leave the option permissionsBoundary out.',
      next: [{ action: 'show-permissions', of: 'boundary' }],
    },
  );
}

const list = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const documentSchema = z.object({
  Statement: z.union([z.unknown(), z.array(z.unknown())]).transform((value) => [value].flat()),
});
const allowing = z.looseObject({ Effect: z.literal('Allow'), Action: list });

/**
 * What a boundary does not allow at all, whatever the resource: it may be of an earlier version of Loadwright.
 *
 * @param wanted what the boundary is made of today
 * @returns actions, such as `ssm:PutParameter`
 */
export async function missingInBoundary(
  aws: Aws,
  arn: string,
  wanted: readonly IamStatement[],
): Promise<string[]> {
  const { Policy } = await aws.iam.send(new GetPolicyCommand({ PolicyArn: arn }));
  const version = { PolicyArn: arn, VersionId: Policy?.DefaultVersionId };
  const { PolicyVersion } = await aws.iam.send(new GetPolicyVersionCommand(version));
  // IAM gives documents as RFC 3986 encodes them.
  const document: unknown = JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? '{}'));
  const statements = documentSchema.safeParse(document).data?.Statement ?? [];
  const patterns = statements.flatMap((one) => allowing.safeParse(one).data?.Action ?? []).map(patternOf);
  const actions = new Set(wanted.flatMap(({ Action }) => Action));
  return [...actions].filter((action) => !patterns.some((pattern) => pattern.test(action)));
}

/** Actions are compared without case; `*` and `?` stand for any characters, and for one. */
function patternOf(action: string): RegExp {
  const escaped = action.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
}
