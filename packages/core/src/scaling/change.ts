import { allSteps, isLoadwrightError, LoadwrightError, messageOf } from '../errors.js';
import type { NextStep } from '../next-step.js';
import type {
  ScalingAdvice,
  ScalingContext,
  ScalingDefinition,
  ScalingState,
} from '../target/scaling-contract.js';
import { stateDifferences } from './differences.js';
import { readSnapshot, removeSnapshot, writeSnapshot, type ScalingSnapshot } from './snapshot.js';

/** An endpoint whose scaling is changed, and where what it was is kept. */
export interface ScaledEndpoint<Options = unknown> {
  readonly scaling: ScalingDefinition<Options>;
  readonly options: Options;
  readonly context: ScalingContext;
  /** Kind of the target, for the snapshot. */
  readonly kind: string;
  /** The snapshot: it is there as long as something may have to be restored. */
  readonly snapshotFile: string;
}

/** Whether a scaling can be changed, or only recommended. */
export function isChangeable<Options>(
  scaling: ScalingDefinition<Options> | ScalingAdvice<Options> | undefined,
): scaling is ScalingDefinition<Options> {
  return scaling !== undefined && 'describe' in scaling;
}

/**
 * Changes the scaling, with a snapshot on the disk before the first write. If the change fails, everything is put back.
 *
 * @returns the state before, which the snapshot holds from now on.
 * @throws LoadwrightError `CONFIG_INVALID` when something else scales the endpoint, the service is busy with it, or a
 * snapshot of an earlier change is there: nothing was changed then. `RESOURCES_REMAIN` when it could not be put back.
 */
export async function changeScaling<Options>(
  endpoint: ScaledEndpoint<Options>,
  change: (found: ScalingState) => Promise<void>,
): Promise<ScalingState> {
  const { scaling, options, context, kind, snapshotFile } = endpoint;
  await requireNoSnapshot(snapshotFile);
  const found = await scaling.describe(options, context);
  requireChangeable(found);
  await writeSnapshot(snapshotFile, { takenAt: new Date().toISOString(), kind, state: found });
  try {
    await change(found);
  } catch (error) {
    await restoreAfter(error, endpoint);
    throw error;
  }
  return found;
}

/**
 * Works while nothing changes the number of instances, and puts back what was. After a crash, {@link restoreScaling} does.
 *
 * @throws what {@link changeScaling} throws, and what `work` throws after everything was put back.
 */
export async function whileSuspended<Options, Value>(
  endpoint: ScaledEndpoint<Options>,
  work: (found: ScalingState) => Promise<Value>,
): Promise<Value> {
  const found = await changeScaling(endpoint, () =>
    endpoint.scaling.suspend(endpoint.options, endpoint.context),
  );
  let value;
  try {
    value = await work(found);
  } catch (error) {
    await restoreAfter(error, endpoint);
    throw error;
  }
  await restoreScaling(endpoint);
  return value;
}

/**
 * Puts everything back as the snapshot says, looks whether it is, and only then removes the snapshot.
 *
 * @returns the snapshot; undefined when there is none, and nothing to do.
 * @throws LoadwrightError `RESOURCES_REMAIN` with what is not as it was. The snapshot stays, so that it can be tried again.
 */
export async function restoreScaling<Options>({
  scaling,
  options,
  context,
  snapshotFile,
}: ScaledEndpoint<Options>): Promise<ScalingSnapshot | undefined> {
  const snapshot = await readSnapshot(snapshotFile);
  if (!snapshot) return undefined;
  await scaling.restore(options, context, snapshot.state);
  const differences = stateDifferences(snapshot.state, await scaling.describe(options, context));
  if (differences.length > 0) {
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `The scaling of ${snapshot.state.resource} is not as it was: ${differences.map(({ path }) => path).join(', ')}.`,
      { hint: `Try again. What it was is in ${snapshotFile}.`, next: [rollbackStep] },
    );
  }
  await removeSnapshot(snapshotFile);
  return snapshot;
}

const rollbackStep: NextStep = { action: 'restore-scaling' };

async function restoreAfter<Options>(error: unknown, endpoint: ScaledEndpoint<Options>): Promise<void> {
  // A signal that ended the work must not end the clean-up.
  const context = { ...endpoint.context, signal: new AbortController().signal };
  try {
    await restoreScaling({ ...endpoint, context });
  } catch (again) {
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `${messageOf(error)} The scaling could not be put back: ${messageOf(again)}`,
      {
        hint: `What it was is in ${endpoint.snapshotFile}.`,
        next: allSteps([error, again].filter(isLoadwrightError)),
        cause: again,
      },
    );
  }
}

async function requireNoSnapshot(file: string): Promise<void> {
  const snapshot = await readSnapshot(file);
  if (!snapshot) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The scaling of ${snapshot.state.resource} was changed at ${snapshot.takenAt} and not put back.`,
    { hint: `Put it back, or delete ${file} if the change is to stay.`, next: [rollbackStep] },
  );
}

function requireChangeable({ resource, otherScalers, busy }: ScalingState): void {
  if (otherScalers.length > 0) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `Something else scales ${resource}: ${otherScalers.join(' ')} Nothing was changed.`,
      { hint: 'Remove one of the two: they would work against each other.' },
    );
  }
  if (!busy) return;
  throw new LoadwrightError('CONFIG_INVALID', `The service is changing ${resource}. Nothing was changed.`, {
    hint: 'Wait until the endpoint is in service, and try again.',
    retryable: true,
  });
}
