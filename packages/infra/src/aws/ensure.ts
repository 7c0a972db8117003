import type { Aws } from './clients.js';
import type { Journal } from './journal.js';
import type { CreatableKind } from './kind.js';
import { poll } from './poll.js';
import type { FleetIdentity } from './fleet-identity.js';
import { isAbsent, isConflict, isOutcomeUnknown, isPresent, isTooEarlyForEcs } from './service-error.js';

/** What every step of a deployment works with. */
export interface Step {
  readonly aws: Aws;
  readonly fleet: FleetIdentity;
  readonly journal: Journal;
  /** Which of several resources of a kind is made; see `ResourceKey`. Absent: the only one. */
  readonly part?: string | undefined;
}

/** A step of one of several resources. */
export function stepOf(step: Step, part: string): Step {
  return { ...step, part };
}

const mayPass = (error: unknown): boolean => isConflict(error) || isTooEarlyForEcs(error);

/**
 * Makes a resource unless it is there: what an interrupted deployment has made is found and used, also when AWS does not
 * show it at first. A call whose answer is lost may have taken effect, so the resource is looked for before the step
 * counts as failed.
 *
 * @param known its id, when it has been seen already
 * @returns its id
 */
export async function ensure<Parameters>(
  { aws, journal, part, ...step }: Step,
  kind: CreatableKind<Parameters>,
  parameters: Parameters,
  known?: string,
): Promise<string> {
  const fleet = part === undefined ? step.fleet : { ...step.fleet, part };
  const key = { kind: kind.name, part };
  const find = async () =>
    (await kind.find(aws, fleet)).find((one) => one.stays === undefined && one.part === part)?.id;
  const earlier = known ?? (await find());
  await journal.intent(key);
  const id = earlier ?? (await create());
  await journal.done(key, id);
  // Services that get a new resource may not know it yet.
  const isTooEarly = (error: unknown) => isAbsent(error) || mayPass(error);
  await patiently(isTooEarly, async () => kind.complete?.(aws, fleet, id, parameters));
  return id;

  async function create(): Promise<string> {
    try {
      return await patiently(mayPass, () => kind.create(aws, fleet, parameters));
    } catch (error) {
      if (aws.signal.aborted) throw error;
      const mayBeThere = isPresent(error) || isOutcomeUnknown(error);
      const made = mayBeThere ? await poll(aws, 'unknownOutcome', find) : undefined;
      if (made !== undefined) return made;
      await journal.failed(key);
      throw error;
    }
  }

  /** Calls again for as long as AWS may need until it takes the call. */
  async function patiently<Answer>(
    isTooEarly: (error: unknown) => boolean,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    let refusal: unknown;
    const done = await poll(aws, 'propagation', async () => {
      try {
        return { answer: await call() };
      } catch (error) {
        if (!isTooEarly(error)) throw error;
        refusal = error;
        return undefined;
      }
    });
    if (!done) throw refusal;
    return done.answer;
  }
}
