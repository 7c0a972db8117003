import type { Aws } from '../clients.js';
import { accountProblem } from '../account/problem.js';
import { ensure, type Step } from '../ensure.js';
import { outsideEnd } from '../fleet-identity.js';
import { endRole } from '../kinds/role.js';
import { schedule } from '../kinds/schedule.js';
import { endsFromOutside, endStatements, type EndWish } from '../permissions/end.js';
import { roleArn as arnOfRole } from '../permissions/role-arn.js';

/** What of a deployment decides. */
interface EndedDeployment {
  readonly settings: EndWish;
  readonly account: { readonly accountId: string };
  readonly request: { readonly onProgress: (message: string) => void };
}

/**
 * Makes the role as which a machine is ended from outside.
 *
 * @param boundary of the roles that are made
 * @returns its ARN; undefined when no schedule is wished, or none may be made and none is demanded: that is reported.
 */
export function makeEndRole(
  step: Step,
  deployment: EndedDeployment,
  boundary: Promise<string | undefined>,
): Promise<string | undefined> {
  return unlessOptional(step.aws, deployment, async () => {
    const { fleet } = step;
    const name = await ensure(step, endRole, { statements: endStatements(fleet), boundary });
    const { owner } = step.aws.settings;
    return arnOfRole(fleet, { owner, accountId: deployment.account.accountId }, name);
  });
}

/** Has AWS end the machine a while after its own timer should have. */
export async function scheduleEnd(
  step: Step,
  deployment: EndedDeployment,
  roleArn: string | undefined,
  instanceId: string,
): Promise<void> {
  if (roleArn === undefined) return;
  const at = outsideEnd(step.fleet);
  await unlessOptional(step.aws, deployment, () => ensure(step, schedule, { instanceId, roleArn, at }));
}

/** The machine has timers of its own: without a schedule the progress names what is missing, and the deployment continues. */
async function unlessOptional(
  { signal }: Aws,
  { settings, request }: EndedDeployment,
  make: () => Promise<string>,
): Promise<string | undefined> {
  if (!endsFromOutside(settings)) return undefined;
  try {
    return await make();
  } catch (error) {
    signal.throwIfAborted();
    if (settings.endFromOutside === 'always') throw error;
    const why = accountProblem(error).message;
    request.onProgress(
      `Warning: no schedule ends this machine from outside, its own timers alone do. ${why} ` +
        'What may be missing is among the permissions of the fleet, or in the permissions boundary; without this warning: endFromOutside: never.',
    );
    return undefined;
  }
}
