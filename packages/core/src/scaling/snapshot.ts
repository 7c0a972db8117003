import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LoadwrightError } from '../errors.js';
import { makeFolder, writeWhole } from '../files.js';
import type { TargetDefinition } from '../target/contract.js';
import type { ScalingState } from '../target/scaling-contract.js';
import type { JsonObject } from '../values/json.js';

const count = z.int().min(0);

const snapshotSchema = z.strictObject({
  format: z.literal(1),
  /** When it was taken, in ISO 8601. */
  takenAt: z.iso.datetime(),
  /** Kind of the target. */
  kind: z.string(),
  /** Id of the calibration that suspended the scaling. */
  calibration: z.string().optional(),
  state: z.strictObject({
    resource: z.string(),
    instances: z.strictObject({ current: count, desired: count }),
    settings: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null),
    suspended: z.boolean(),
    otherScalers: z.array(z.string()),
    conflicts: z.array(z.string()).optional(),
    busy: z.boolean(),
  }),
});

/** What the scaling of an endpoint was before it was changed. */
export interface ScalingSnapshot {
  readonly takenAt: string;
  readonly kind: string;
  /** Id of the calibration that suspended the scaling; absent: the scaling was set. */
  readonly calibration?: string;
  readonly state: ScalingState;
}

/**
 * Where the snapshot of an endpoint lies: for whoever changes its scaling, and for whoever looks whether somebody did.
 *
 * @param results The results folder of the project.
 */
export function snapshotFileOf<Options>(
  results: string,
  { kind, labels, host, scaling }: Pick<TargetDefinition<Options>, 'kind' | 'labels' | 'host' | 'scaling'>,
  options: Options,
): string {
  const named = scaling && 'nameParts' in scaling ? scaling.nameParts?.(options) : undefined;
  const parts = [kind, ...(named ?? Object.values(labels?.(options) ?? {})), new URL(host(options)).hostname];
  return join(results, 'scaling', `${parts.join('-').replace(/[^\w.-]+/g, '-')}.json`);
}

/**
 * Writes a snapshot so that it is there after a crash or a loss of power.
 *
 * @throws LoadwrightError `CONFIG_INVALID` when one is there, whoever wrote it, and when the disk does not take it.
 */
export async function writeSnapshot(file: string, snapshot: ScalingSnapshot): Promise<void> {
  await makeFolder(dirname(file));
  await writeWhole(file, `${JSON.stringify({ format: 1, ...snapshot }, null, 2)}\n`, {
    durable: true,
    isNew: true,
  });
}

/** @returns undefined when there is none. @throws LoadwrightError `CONFIG_UNREADABLE` when it is not a snapshot. */
export async function readSnapshot(file: string): Promise<ScalingSnapshot | undefined> {
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(file, error);
  }
  try {
    // What is not there is absent, and not undefined.
    return snapshotSchema.parse(JSON.parse(text)) as ScalingSnapshot;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Says that everything is as the snapshot says: there is nothing to restore any more. */
export const removeSnapshot = (file: string): Promise<void> => rm(file, { force: true });

function unreadable(file: string, cause: unknown): LoadwrightError {
  return new LoadwrightError(
    'CONFIG_UNREADABLE',
    `${file} is not a snapshot of a scaling that can be read.`,
    {
      hint: 'It holds what the scaling was before it was changed. Do not delete it before the scaling is as it was.',
      cause,
    },
  );
}
