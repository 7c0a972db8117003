import { isLoadwrightError, LoadwrightError, networkFailure } from '@loadwright/core/fleet';
import { codeOf } from '../service-error.js';
import type { AwsError } from './aws-error.js';
import { problems } from './problems.js';

/**
 * What a user can do about an error of any call to AWS: `CREDENTIALS_INVALID`, `PROVISIONING_FAILED`, or `ABORTED` when
 * the user stopped it. A {@link LoadwrightError} stays as it is, and so does what is no error of a call: a bug.
 */
export function accountProblem(error: unknown): Error {
  if (isLoadwrightError(error)) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  const answer = read(error);
  const row = problems.find(({ when }) => when.test(`${answer.code}: ${answer.message}`));
  if (row) {
    const { code = 'PROVISIONING_FAILED', message, hint, next = [], retryable = false } = row;
    return new LoadwrightError(code, message(answer), { hint, next, cause: error, retryable });
  }
  if (answer.status !== undefined) return unknownAnswer(error, answer);
  const url = urlOf(error);
  const failure = networkFailure(error, url, 'AWS');
  if (failure.code === 'ABORTED') return failure;
  // Whatever has neither an answer nor a code of the network never was a call.
  return isCallFailure(error)
    ? new LoadwrightError('PROVISIONING_FAILED', failure.message, {
        hint: networkHint(url),
        cause: error,
        retryable: true,
      })
    : error;
}

function read(error: Error): AwsError {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const named = codeOf(error) || error.name;
  // S3 answers HEAD without a body, so without a code.
  const code = status === 403 && named.startsWith('Unknown') ? 'Forbidden' : named;
  // EC2 appends what only an administrator can decode, in thousands of letters.
  const message = error.message.replace(/\s*Encoded authorization failure message:[\s\S]*/i, '');
  return { code, message, status };
}

/** Also of answers that are no answers of a service: proxies and stand-ins send pages of HTML. */
function unknownAnswer(error: Error, { code, message, status = 0 }: AwsError): LoadwrightError {
  const text = /<html|<!doctype/i.test(message) ? 'a page of HTML' : message;
  return status >= 500
    ? new LoadwrightError(
        'PROVISIONING_FAILED',
        `AWS answered with an error of its own (${status}): ${text}`,
        {
          hint: 'Try again in a while. https://health.aws.amazon.com shows problems of a region.',
          cause: error,
          retryable: true,
        },
      )
    : new LoadwrightError('PROVISIONING_FAILED', `AWS refused a call (${status} ${code}): ${text}`, {
        hint: 'See what would be made, and what the account lacks.',
        next: [{ action: 'plan-fleet' }, { action: 'check-setup' }],
        cause: error,
      });
}

function isCallFailure(error: Error): boolean {
  const { code, $metadata } = error as { code?: string; $metadata?: unknown };
  return (
    $metadata !== undefined ||
    error.name === 'TimeoutError' ||
    /^(E[A-Z]+|UND_ERR|CERT|ERR_SSL)/.test(code ?? '')
  );
}

/** Where the call went: our clients say it, those of the SDK's own credentials may not. */
function urlOf(error: Error): string {
  const { url, hostname, address } = error as { url?: string; hostname?: string; address?: string };
  return url ?? `https://${hostname ?? address ?? 'amazonaws.com'}`;
}

/** Each service has an address of its own in each region: https://docs.aws.amazon.com/general/latest/gr/rande.html */
function networkHint(url: string): string {
  return /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(url).hostname)
    ? 'It is the network, not the account: check the connection of this machine, its DNS, VPN and firewall, and that the region exists (option region, or AWS_REGION).'
    : 'That is not AWS itself: check the option endpoint and the variable AWS_ENDPOINT_URL, and that something listens there.';
}
