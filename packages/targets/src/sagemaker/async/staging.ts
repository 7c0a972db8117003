import {
  isLoadwrightError,
  LoadwrightError,
  type StagedInputs,
  type StagingContext,
} from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { Folder, s3Failure } from './bucket.js';

/** Says whose inputs lie in the folder, and until when. */
const markName = '.loadwright';

/** Inputs are named by the number of their payload. Nothing else is touched. */
const ours = /^(?:\d+|\.loadwright)$/;

const uploadsAtOnce = 16;

interface Mark {
  readonly runId: string;
  /** ISO 8601. */
  readonly until: string;
}

/** Puts the payloads into `async.inputPrefix`, for one run alone. */
export async function stageInputs(
  options: SagemakerOptions,
  context: StagingContext,
): Promise<StagedInputs | undefined> {
  const location = options.async?.inputPrefix;
  if (location === undefined) return undefined;
  const folder = await Folder.open(location, options, context);
  let isClaimed = false;
  try {
    await claim(folder, location, context);
    isClaimed = true;
    const count = await upload(folder, options, context);
    return {
      summary: `Put ${count} ${count === 1 ? 'input' : 'inputs'} into ${location}; they are removed after the run.`,
      remove: () => removeAll(folder, location),
    };
  } catch (error) {
    if (isClaimed) await removeAll(folder, location);
    else folder.close();
    if (isLoadwrightError(error) || context.signal.aborted) throw error;
    throw s3Failure(
      `Inputs cannot be put into ${location}`,
      error,
      'Check the bucket of async.inputPrefix, its region, and the permissions s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket.',
    );
  }
}

/** Of two runs at once one is refused. What a run left behind that was killed is taken over once its time is over. */
async function claim(folder: Folder, location: string, { runId, until }: StagingContext): Promise<void> {
  const mark = Buffer.from(JSON.stringify({ runId, until: until.toISOString() } satisfies Mark));
  for (;;) {
    try {
      return await folder.put(markName, mark, 'application/json', { ifNoneMatch: '*' });
    } catch (error) {
      if ((error as { name?: string }).name !== 'PreconditionFailed') throw error;
    }
    const found = await folder.get(markName);
    // Removed meanwhile.
    if (found === undefined) continue;
    const other = markIn(found.text);
    if (other !== undefined && Date.parse(other.until) > Date.now()) {
      throw new LoadwrightError(
        'CONFIG_INVALID',
        `async.inputPrefix: ${location} holds the inputs of run ${other.runId} until ${other.until}`,
        {
          hint: `Wait for that run, name another folder, or, if that run was killed, remove ${location}${markName}.`,
        },
      );
    }
    return folder.put(markName, mark, 'application/json', { ifMatch: found.etag });
  }
}

function markIn(text: string): Mark | undefined {
  try {
    const { runId, until } = JSON.parse(text) as Partial<Mark>;
    return runId !== undefined && until !== undefined ? { runId, until } : undefined;
  } catch {
    return undefined;
  }
}

async function upload(
  folder: Folder,
  { contentType }: SagemakerOptions,
  { inputs, signal }: StagingContext,
): Promise<number> {
  let count = 0;
  const underWay = new Set<Promise<void>>();
  try {
    for await (const { row, content, contentType: own } of inputs()) {
      signal.throwIfAborted();
      count += 1;
      const put = folder.put(String(row), content, own ?? contentType);
      const ended = put.finally(() => underWay.delete(ended));
      underWay.add(ended);
      ended.catch(() => {});
      if (underWay.size >= uploadsAtOnce) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    // Nothing may come after the removal.
    await Promise.allSettled(underWay);
  }
  return count;
}

/** @returns what is left. */
async function removeAll(folder: Folder, location: string): Promise<string[]> {
  try {
    const names = await folder.names(ours);
    // The mark goes last: what is there belongs to somebody as long as it is.
    await folder.remove(names.filter((name) => name !== markName));
    await folder.remove(names.filter((name) => name === markName));
    return (await folder.names(ours)).map((name) => location + name);
  } catch (error) {
    const { name = 'error', message = '' } = error as { name?: string; message?: string };
    return [`inputs in ${location} (${name} ${message})`];
  } finally {
    folder.close();
  }
}
