import type { Aws } from './clients.js';
import type { Journal } from './journal.js';
import type { CreatableKind } from './kind.js';
import { poll } from './poll.js';
import type { RunIdentity } from './run-identity.js';
import { isAbsent, isOutcomeUnknown, isPresent } from './service-error.js';

/** What every step of a deployment works with. */
export interface Step {
  readonly aws: Aws;
  readonly run: RunIdentity;
  readonly journal: Journal;
}

/**
 * Makes a resource unless it is there: what an interrupted deployment has made is found and used, also when AWS does not
 * show it at first. A call whose answer is lost may have taken effect, so the resource is looked for before the step
 * counts as failed.
 *
 * @returns its id
 */
export async function ensure<Parameters>(
  { aws, run, journal }: Step,
  kind: CreatableKind<Parameters>,
  parameters: Parameters,
): Promise<string> {
  const { pace } = aws.settings;
  const find = async () => (await kind.find(aws, run))[0]?.id;
  const earlier = await find();
  await journal.intent(kind.name);
  const id = earlier ?? (await create());
  await journal.done(kind.name, id);
  await complete();
  return id;

  async function create(): Promise<string> {
    try {
      return await kind.create(aws, run, parameters);
    } catch (error) {
      if (aws.signal.aborted) throw error;
      const mayBeThere = isPresent(error) || isOutcomeUnknown(error);
      const made = mayBeThere ? await poll(aws, pace.unknownOutcome, find) : undefined;
      if (made !== undefined) return made;
      await journal.failed(kind.name);
      throw error;
    }
  }

  /** Those who are told of a new resource may not know it yet. */
  async function complete(): Promise<void> {
    let unseen: unknown;
    const done = await poll(aws, pace.propagation, async () => {
      try {
        await kind.complete?.(aws, run, id, parameters);
        return true;
      } catch (error) {
        if (!isAbsent(error)) throw error;
        unseen = error;
        return undefined;
      }
    });
    if (!done) throw unseen;
  }
}
