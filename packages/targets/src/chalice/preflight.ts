import {
  contentFailure,
  LoadwrightError,
  parseDuration,
  preflightFailure,
  type ErrorCode,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core';
import { apiKeyVariable, bearerTokenVariable } from './credentials.js';
import { gatewayLimitSeconds, hostOf, pathOf, type ChaliceOptions } from './options.js';

/** How much longer than the gateway a client may wait for what the gateway says then, in seconds. */
const graceSeconds = 5;

/** What the answer to the load's first request means. @throws `CREDENTIALS_INVALID` or `PREFLIGHT_FAILED`. */
export async function chalicePreflight(
  options: ChaliceOptions,
  { request }: Pick<PreflightContext, 'request'>,
): Promise<PreflightReport> {
  const url = hostOf(options) + pathOf(options);
  const asked = await request();
  const { answer } = asked;
  if (answer === null) throw preflightFailure(asked, 'the Chalice API');
  const { status, body } = answer;
  if (!options.expect.status.includes(status)) throw refusal(status, body.text ?? '', url, options);
  const wrong = contentFailure(asked, `${options.method} ${url}`);
  if (wrong) throw wrong;
  return {
    summary: `${options.method} ${url} answered ${status}`,
    latencyMilliseconds: asked.seconds * 1000,
    notes: timeoutNotes(options),
  };
}

/** Only API Gateway itself has the limit. */
function timeoutNotes({ baseUrl, timeout }: ChaliceOptions): string[] {
  const isGateway = /\.execute-api\.[^.]+\.amazonaws\.com/.test(new URL(baseUrl).hostname);
  if (!isGateway || parseDuration(timeout)! <= gatewayLimitSeconds + graceSeconds) return [];
  return [
    `The timeout of ${timeout} is longer than API Gateway waits (${gatewayLimitSeconds} s, unless its quota was raised): ` +
      'such requests end with its own 504.',
  ];
}

interface Advice {
  readonly code?: ErrorCode;
  readonly hint: string;
  readonly retryable?: boolean;
}

function advice(status: number, text: string, options: ChaliceOptions): Advice {
  // API Gateway answers so when no route has this path and method.
  if (status === 403 && text.includes('Missing Authentication Token')) {
    return {
      hint: 'Check the stage at the end of baseUrl (chalice url), route and method: there is no such route.',
    };
  }
  switch (status) {
    case 401:
      return {
        code: 'CREDENTIALS_INVALID',
        hint: `Set the option bearerToken or the variable ${bearerTokenVariable} to a token that the API accepts.`,
      };
    case 403:
      return {
        code: 'CREDENTIALS_INVALID',
        hint:
          `Set the option apiKey or the variable ${apiKeyVariable} to a key of the API's usage plan, ` +
          `or the variable ${bearerTokenVariable} when an authorizer guards it.`,
      };
    case 404:
    case 405:
      return { hint: `Check baseUrl, route (${options.route}) and method (${options.method}).` };
    case 400:
      return { hint: 'The service does not accept the body: check the option body or payloads.' };
    case 415:
      return { hint: 'Set the option contentType to what the service reads.' };
    case 424:
      return {
        hint: 'The model behind the API refused the input: check body or payloads, and read its log.',
      };
    case 429:
      return {
        hint: 'The API or its endpoint is at its limit: wait for other load to end.',
        retryable: true,
      };
    case 500:
      return {
        hint: 'Read the log of the function (chalice logs). A missing Content-Type gives this answer too: check contentType.',
        retryable: true,
      };
    case 504:
      return {
        hint:
          `API Gateway gives up after ${gatewayLimitSeconds} s: make the function or its model faster, or raise the quota ` +
          '"Maximum integration timeout" of the API. A service that is starting may answer so at first.',
        retryable: true,
      };
    case 502:
    case 503:
    case 530:
      return { hint: 'A service behind the API failed or was too slow: try again.', retryable: true };
    default:
      return { hint: `Add ${status} to the option expect.status if it is a correct answer.` };
  }
}

function refusal(status: number, text: string, url: string, options: ChaliceOptions): LoadwrightError {
  const { code = 'PREFLIGHT_FAILED', hint, retryable = false } = advice(status, text, options);
  const said = messageOf(text);
  return new LoadwrightError(
    code,
    `${options.method} ${url} answered ${status}, but expect.status allows ${options.expect.status.join(', ')}` +
      (said === undefined ? '.' : `: ${said}`),
    { hint, retryable },
  );
}

/** What Chalice (`Message`) or API Gateway (`message`) says, if it says something short. */
function messageOf(text: string): string | undefined {
  try {
    const { Message, message } = JSON.parse(text) as { Message?: unknown; message?: unknown };
    const said = Message ?? message;
    return typeof said === 'string' ? said.slice(0, 300) : undefined;
  } catch {
    return undefined;
  }
}
