import {
  clockOffset,
  contentFailure,
  LoadwrightError,
  parseDuration,
  preflightFailure,
  requireClock,
  sigv4ClockToleranceSeconds,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core/target';
import { firstResult } from './async/preflight.js';
import { expectedStatuses } from './async/place.js';
import type { SagemakerOptions } from './options.js';
import { refusal } from './refusal.js';

/** How long SageMaker waits for a model, and how much longer a client may wait for that to be reported; in seconds. */
const modelLimit = { seconds: 60, grace: 15 };

/**
 * What the answer to the load's first InvokeEndpoint means.
 *
 * @throws `CREDENTIALS_INVALID`, `PREFLIGHT_FAILED` or `PAYLOADS_INVALID`.
 */
export async function sagemakerPreflight(
  options: SagemakerOptions,
  context: PreflightContext,
): Promise<PreflightReport> {
  const asked = await context.request();
  const { answer, seconds, sentAt } = asked;
  if (answer === null) throw preflightFailure(asked, subjectOf(options));
  const { status, headers } = answer;
  requireClock(
    clockOffset(headers['date'], sentAt * 1000, (sentAt + seconds) * 1000),
    sigv4ClockToleranceSeconds,
  );
  if (!expectedStatuses(options).includes(status)) {
    throw status < 300 ? unexpected(status, options) : refusal(answer, options);
  }
  const wrong = contentFailure(asked, subjectOf(options));
  if (wrong) throw wrong;
  const variant = headers['x-amzn-invoked-production-variant'];
  const result = options.async && (await firstResult(headers, options, context));
  const details = [variant && `variant ${variant}`, result?.text]
    .filter((text) => text)
    .map((text) => `, ${text}`);
  return {
    summary: `${subjectOf(options)} in ${options.region} answered ${status}${details.join('')}`,
    latencyMilliseconds: seconds * 1000,
    notes: [...timeoutNotes(options), ...(result?.notes ?? [])],
  };
}

function subjectOf({ endpointName }: SagemakerOptions): string {
  return `SageMaker endpoint "${endpointName}"`;
}

function unexpected(status: number, options: SagemakerOptions): LoadwrightError {
  const allowed = expectedStatuses(options).join(', ');
  return new LoadwrightError(
    'PREFLIGHT_FAILED',
    `${subjectOf(options)} answered ${status}, but expect.status allows ${allowed}.`,
    { hint: `Add ${status} to the option expect.status if it is a correct answer.` },
  );
}

function timeoutNotes({ timeout }: SagemakerOptions): string[] {
  if (parseDuration(timeout)! <= modelLimit.seconds + modelLimit.grace) return [];
  return [
    `The timeout of ${timeout} is longer than SageMaker waits for a model (${modelLimit.seconds} s): ` +
      'such requests end with an error of the service.',
  ];
}
