import type { Aws } from './clients.js';
import type { Journal } from './journal.js';
import type { CreatableKind } from './kind.js';
import { poll } from './poll.js';
import type { RunIdentity } from './run-identity.js';
import { isOutcomeUnknown, isPresent } from './service-error.js';

/** What every step of a deployment works with. */
export interface Step {
  readonly aws: Aws;
  readonly run: RunIdentity;
  readonly journal: Journal;
}

/**
 * Makes a resource unless it is there: what an interrupted deployment has made is found and used. A call whose answer
 * is lost may have taken effect, so the resource is looked for before the step counts as failed.
 *
 * @returns its id
 */
export async function ensure<Parameters>(
  { aws, run, journal }: Step,
  kind: CreatableKind<Parameters>,
  parameters: Parameters,
): Promise<string> {
  const find = async () => (await kind.find(aws, run))[0]?.id;
  const earlier = await find();
  await journal.intent(kind.name);
  try {
    const id = earlier ?? (await create());
    await kind.complete?.(aws, run, id, parameters);
    await journal.done(kind.name, id);
    return id;
  } catch (error) {
    if (!isOutcomeUnknown(error)) await journal.failed(kind.name);
    throw error;
  }

  async function create(): Promise<string> {
    try {
      return await kind.create(aws, run, parameters);
    } catch (error) {
      if (aws.signal.aborted || (!isPresent(error) && !isOutcomeUnknown(error))) throw error;
      const made = await poll(aws, aws.settings.pace.unknownOutcome, find);
      if (made === undefined) throw error;
      return made;
    }
  }
}
