import { setTimeout as delay } from 'node:timers/promises';
import { LoadwrightError, type PreflightContext } from '@loadwright/core/target';
import type { SagemakerOptions } from '../options.js';
import { Folder, s3Failure } from './bucket.js';
import { splitLocation } from './place.js';

/** How long the result of the first request is awaited, in seconds: an endpoint that is scaled to none takes minutes. */
const patience = 30;
const pauseMilliseconds = 500;

/** What is known of the first request's result. */
export interface FirstResult {
  readonly text: string;
  readonly notes: readonly string[];
}

/**
 * Waits for the result of the request that was answered with 202.
 *
 * @throws `PREFLIGHT_FAILED` when the model failed, `CREDENTIALS_INVALID` when results cannot be seen.
 */
export async function firstResult(
  headers: Readonly<Record<string, string>>,
  options: SagemakerOptions,
  context: Omit<PreflightContext, 'request'>,
): Promise<FirstResult> {
  const output = headers['x-amzn-sagemaker-outputlocation'];
  if (output === undefined)
    throw new LoadwrightError('PREFLIGHT_FAILED', 'The answer 202 names no OutputLocation.');
  const failure = headers['x-amzn-sagemaker-failurelocation'];
  const notes =
    failure === undefined
      ? [
          'The endpoint has no S3FailurePath: a request whose model fails counts as unfinished, at the end of the load. ' +
            'Give its configuration one to see failures as such.',
        ]
      : [];
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  do {
    if (failure !== undefined && (await isThere(failure, options, context))) {
      const said = await read(failure, options, context);
      await remove(failure, options, context);
      throw new LoadwrightError('PREFLIGHT_FAILED', `The model failed for the first payload: ${said}`, {
        hint: 'Check payloads and contentType, that the role of the endpoint may read the input, and the log of the endpoint.',
      });
    }
    if (await isThere(output, options, context)) {
      await remove(output, options, context);
      return { text: `its result came after ${seconds().toFixed(1)} s`, notes };
    }
    await delay(pauseMilliseconds, undefined, { signal: context.signal });
  } while (seconds() < patience);
  const late =
    `The first request was taken, and has no result after ${patience} s: the endpoint may be scaled to none, or busy. ` +
    'What has none when load.gracefulStop is over counts as unfinished.';
  return { text: 'its result has not come yet', notes: [...notes, late] };
}

/** By a list, as the load generators do: it needs no other permission. */
async function isThere(location: string, ...context: Rest): Promise<boolean> {
  return within(location, context, async (folder, name) => (await folder.names(/./)).includes(name));
}

async function read(location: string, ...context: Rest): Promise<string> {
  const text = await within(location, context, async (folder, name) => (await folder.get(name))?.text ?? '');
  return text.replace(/\s+/g, ' ').slice(0, 300);
}

async function remove(location: string, ...context: Rest): Promise<void> {
  if (context[0].async?.removeOutputs)
    await within(location, context, (folder, name) => folder.remove([name]));
}

type Rest = [SagemakerOptions, Omit<PreflightContext, 'request'>];

async function within<Value>(
  location: string,
  [options, context]: Rest,
  work: (folder: Folder, name: string) => Promise<Value>,
): Promise<Value> {
  const { bucket, key } = splitLocation(location);
  const slash = key.lastIndexOf('/') + 1;
  const folder = await Folder.open(`s3://${bucket}/${key.slice(0, slash)}`, options, context);
  try {
    return await work(folder, key.slice(slash));
  } catch (error) {
    const hint =
      'Allow s3:ListBucket and s3:GetObject on the results, and s3:DeleteObject with removeOutputs.';
    throw s3Failure(`Results in s3://${bucket} cannot be seen`, error, hint);
  } finally {
    folder.close();
  }
}
