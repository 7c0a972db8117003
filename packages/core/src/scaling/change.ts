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
  /**
   * The snapshot of a change: it is there as long as something may have to be restored. That of a suspension lies beside it. See
   * `snapshotFileOf`.
   */
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
 * @throws LoadwrightError `CONFIG_INVALID` when something else scales the endpoint, policies conflict, the service is busy with it,
 * or a snapshot of an earlier change or suspension is there: nothing was changed then. `RESOURCES_REMAIN` when it could not be put back.
 */
export async function changeScaling<Options>(
  endpoint: ScaledEndpoint<Options>,
  change: (found: ScalingState) => Promise<void>,
): Promise<ScalingState> {
  const found = await requireChangeable(endpoint);
  return changeFrom(endpoint, { file: endpoint.snapshotFile, found }, change);
}

/**
 * Whether {@link changeScaling} would begin, for whoever asks people first.
 *
 * @returns the state that was found.
 * @throws LoadwrightError `CONFIG_INVALID` that says what is in the way.
 */
export async function requireChangeable<Options>(endpoint: ScaledEndpoint<Options>): Promise<ScalingState> {
  await requireNotSuspended(endpoint);
  await requirePutBack(endpoint.snapshotFile);
  const found = await requireSteady(endpoint);
  requireNoConflict(found);
  return found;
}

/**
 * Works while nothing changes the number of instances, and puts back what was. After a crash, {@link restoreScaling} does. A change
 * that was not put back is no obstacle: it is as it was found that the scaling is left.
 *
 * @param calibration Id of the calibration that works, for whoever finds the snapshot.
 * @throws what {@link requireSuspendable} throws, and what `work` throws after everything was put back.
 */
export async function whileSuspended<Options, Value>(
  endpoint: ScaledEndpoint<Options>,
  work: (found: ScalingState) => Promise<Value>,
  calibration?: string,
): Promise<Value> {
  const found = await requireSuspendable(endpoint);
  const file = suspensionFile(endpoint);
  const suspension = { file, found, ...(calibration !== undefined && { calibration }) };
  await changeFrom(endpoint, suspension, () => endpoint.scaling.suspend(endpoint.options, endpoint.context));
  let value;
  try {
    value = await work(found);
  } catch (error) {
    await undo(endpoint, file, error);
    throw error;
  }
  await undo(endpoint, file);
  return value;
}

/**
 * Whether a calibration may suspend the scaling. What the same one suspended before it was killed is put back first.
 *
 * @param calibration Its id.
 * @returns the state that was found.
 * @throws LoadwrightError `CONFIG_INVALID` when something else scales the endpoint, the service is busy with it, or another calibration
 * suspended it and did not put it back. `RESOURCES_REMAIN` when it could not be put back.
 */
export async function requireSuspendable<Options>(
  endpoint: ScaledEndpoint<Options>,
  calibration?: string,
): Promise<ScalingState> {
  const file = suspensionFile(endpoint);
  const kept = await readSnapshot(file);
  if (kept && calibration !== undefined && kept.calibration === calibration)
    await restoreFrom(endpoint, file);
  await requirePutBack(file);
  return requireSteady(endpoint);
}

/**
 * Whether the scaling is what its owner left. Looks at the disk alone.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when a calibration suspended it and did not put it back.
 */
export async function requireNotSuspended<Options>(endpoint: ScaledEndpoint<Options>): Promise<void> {
  await requirePutBack(suspensionFile(endpoint));
}

/**
 * Whether a load says how the endpoint scales: nothing else scales it, and its settings have an effect.
 *
 * @throws LoadwrightError `CONFIG_INVALID` that says what is in the way.
 */
export async function requireVerifiable<Options>(endpoint: ScaledEndpoint<Options>): Promise<void> {
  await requireNotSuspended(endpoint);
  const found = await requireSteady(endpoint);
  requireNoConflict(found);
  if (!found.suspended) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The scaling of ${found.resource} is suspended: its settings have no effect, so that no load can verify them.`,
    { hint: 'Lift the suspension, or set the scaling anew, and try again.' },
  );
}

/** What was changed or suspended and is not put back yet, newest first: {@link restoreScaling} puts back the first of them. */
export async function keptSnapshots<Options>(endpoint: ScaledEndpoint<Options>): Promise<ScalingSnapshot[]> {
  // Nobody changes a scaling that is suspended: a suspension is always the newer one.
  const files = [suspensionFile(endpoint), endpoint.snapshotFile];
  const snapshots = await Promise.all(files.map(readSnapshot));
  return snapshots.filter((snapshot) => snapshot !== undefined);
}

/**
 * Whether {@link restoreScaling} would begin, for whoever asks people first.
 *
 * @returns what {@link keptSnapshots} returns.
 * @throws LoadwrightError `CONFIG_INVALID` when the newest snapshot is of something else than the options name.
 */
export async function requireRestorable<Options>(
  endpoint: ScaledEndpoint<Options>,
): Promise<ScalingSnapshot[]> {
  const kept = await keptSnapshots(endpoint);
  const [newest] = kept;
  const file = newest?.calibration === undefined ? endpoint.snapshotFile : suspensionFile(endpoint);
  if (newest) await requireSameResource(endpoint, newest, file);
  return kept;
}

/**
 * Puts everything back as the newest snapshot says, looks whether it is, and only then removes the snapshot.
 *
 * @returns the snapshot; undefined when there is none, and nothing to do.
 * @throws LoadwrightError `RESOURCES_REMAIN` with what is not as it was. The snapshot stays, so that it can be tried again.
 * `CONFIG_INVALID` when the snapshot is of something else than the options name.
 */
export async function restoreScaling<Options>(
  endpoint: ScaledEndpoint<Options>,
): Promise<ScalingSnapshot | undefined> {
  return (
    (await restoreFrom(endpoint, suspensionFile(endpoint))) ?? restoreFrom(endpoint, endpoint.snapshotFile)
  );
}

const suspensionFile = ({ snapshotFile }: Pick<ScaledEndpoint, 'snapshotFile'>): string =>
  `${snapshotFile.replace(/\.json$/, '')}.suspended.json`;

async function changeFrom<Options>(
  endpoint: ScaledEndpoint<Options>,
  { file, found, calibration }: { file: string; found: ScalingState; calibration?: string },
  change: (found: ScalingState) => Promise<void>,
): Promise<ScalingState> {
  await writeSnapshot(file, {
    ...{ takenAt: new Date().toISOString(), kind: endpoint.kind, state: found },
    ...(calibration !== undefined && { calibration }),
  }).catch(async (error: unknown) => {
    // Somebody else may have begun since it was looked for: what they found is what must be put back.
    await requirePutBack(file);
    throw error;
  });
  try {
    await change(found);
  } catch (error) {
    await undo(endpoint, file, error);
    throw error;
  }
  return found;
}

async function requireSameResource<Options>(
  { scaling, options, context }: ScaledEndpoint<Options>,
  { state }: ScalingSnapshot,
  file: string,
): Promise<void> {
  const { resource } = await scaling.describe(options, context);
  if (resource === state.resource) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `target: found ${resource}, but what was changed is ${state.resource}. Nothing was put back.`,
    { hint: `Name it with the options of the target. What it was is in ${file}.` },
  );
}

async function restoreFrom<Options>(
  endpoint: ScaledEndpoint<Options>,
  file: string,
): Promise<ScalingSnapshot | undefined> {
  const { scaling, options, context } = endpoint;
  const snapshot = await readSnapshot(file);
  if (!snapshot) return undefined;
  await requireSameResource(endpoint, snapshot, file);
  const { resource } = snapshot.state;
  await scaling.restore(options, context, snapshot.state);
  const differences = stateDifferences(snapshot.state, await scaling.describe(options, context));
  if (differences.length > 0) {
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `The scaling of ${resource} is not as it was: ${differences.map(({ path }) => path).join(', ')}.`,
      { hint: `Try again. What it was is in ${file}.`, next: [rollbackStep] },
    );
  }
  await removeSnapshot(file);
  return snapshot;
}

const rollbackStep: NextStep = { action: 'restore-scaling' };

/** Puts back what this process changed, after an error or at the end of its work. */
async function undo<Options>(
  endpoint: ScaledEndpoint<Options>,
  file: string,
  error?: unknown,
): Promise<void> {
  // A signal that ended the work must not end the clean-up.
  const context = { ...endpoint.context, signal: new AbortController().signal };
  try {
    await restoreFrom({ ...endpoint, context }, file);
  } catch (again) {
    const first = error === undefined ? '' : `${messageOf(error)} `;
    const other = allSteps([error, again].filter(isLoadwrightError)).filter(
      ({ action }) => action !== rollbackStep.action,
    );
    throw new LoadwrightError(
      'RESOURCES_REMAIN',
      `${first}The scaling could not be put back: ${messageOf(again)}`,
      { hint: `What it was is in ${file}.`, next: [rollbackStep, ...other], cause: again },
    );
  }
}

async function requirePutBack(file: string): Promise<void> {
  const kept = await readSnapshot(file);
  if (!kept) return;
  const { takenAt, calibration, state } = kept;
  const [message, hint] =
    calibration === undefined
      ? [
          `The scaling of ${state.resource} was changed at ${takenAt} and not put back.`,
          `Put it back, or delete ${file} if the change is to stay.`,
        ]
      : [
          `The scaling of ${state.resource} is suspended by the calibration ${calibration} since ${takenAt}, and not put back.`,
          'Wait for its end if it still runs. Otherwise put it back, or resume that calibration.',
        ];
  throw new LoadwrightError('CONFIG_INVALID', message, { hint, next: [rollbackStep] });
}

/** What is there, if it can be changed: nothing else scales it, and the service is not busy with it. */
async function requireSteady<Options>({
  scaling,
  options,
  context,
}: ScaledEndpoint<Options>): Promise<ScalingState> {
  const found = await scaling.describe(options, context);
  const { resource, otherScalers, busy } = found;
  if (otherScalers.length > 0) {
    throw new LoadwrightError(
      'CONFIG_INVALID',
      `Something else scales ${resource}: ${otherScalers.join(' ')} Nothing was changed.`,
      { hint: 'Remove one of the two: they would work against each other.' },
    );
  }
  if (busy) {
    throw new LoadwrightError('CONFIG_INVALID', `The service is changing ${resource}. Nothing was changed.`, {
      hint: 'Wait until the endpoint is in service, and try again.',
      retryable: true,
    });
  }
  return found;
}

function requireNoConflict({ resource, conflicts = [] }: ScalingState): void {
  if (conflicts.length === 0) return;
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `The settings of ${resource} work against each other: ${conflicts.join(' ')} Nothing was changed.`,
    { hint: 'Remove what is not needed, and try again.' },
  );
}
