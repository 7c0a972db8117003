import {
  answerProblem,
  LoadwrightError,
  networkFailure,
  parseDuration,
  payloadBytes,
  type ErrorCode,
  type JsonValue,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core';
import { apiKeyVariable, bearerTokenVariable } from './credentials.js';
import { hostOf, pathOf, type ChaliceOptions } from './options.js';
import { sampleBody } from './template.js';

const what = 'the Chalice API';

/** One request as the load will make it. @throws `CREDENTIALS_INVALID` or `PREFLIGHT_FAILED`. */
export async function chalicePreflight(
  options: ChaliceOptions,
  context: PreflightContext,
): Promise<PreflightReport> {
  const url = hostOf(options) + pathOf(options);
  const { [apiKeyVariable]: apiKey, [bearerTokenVariable]: token } = context.resolvedEnvironment.variables;
  const payload = context.firstPayload;
  const started = performance.now();
  const { status, text } = await fetch(url, {
    method: options.method,
    headers: {
      ...options.headers,
      'Content-Type': payload?.contentType ?? options.contentType,
      ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: bodyOf(options, payload),
    redirect: 'manual',
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(parseDuration(options.timeout)! * 1000)]),
  })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((error: unknown) => {
      throw networkFailure(error, url, what);
    });
  const latencyMilliseconds = performance.now() - started;
  if (!options.expect.status.includes(status)) {
    throw refusal(status, withoutSecrets(text, context.resolvedEnvironment.variables), url, options);
  }
  const problem = options.expect.json && answerProblem(text, options.expect.json);
  if (problem !== undefined) {
    const said = withoutSecrets(text, context.resolvedEnvironment.variables).slice(0, 200);
    throw new LoadwrightError(
      'PREFLIGHT_FAILED',
      `${options.method} ${url} answered, but ${problem}: ${said}`,
      {
        hint: 'Correct the option expect.json, or the body. Every request would count as failed.',
      },
    );
  }
  return { summary: `${options.method} ${url} answered ${status}`, latencyMilliseconds };
}

function bodyOf(
  options: ChaliceOptions,
  payload: PreflightContext['firstPayload'],
): Uint8Array<ArrayBuffer> | string | undefined {
  if (payload !== undefined) return new Uint8Array(payloadBytes(payload));
  return options.body === undefined ? undefined : JSON.stringify(sampleBody(options.body as JsonValue));
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
    case 502:
    case 503:
    case 504:
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

/** A service may repeat what it was sent. */
function withoutSecrets(text: string, secrets: Readonly<Record<string, string>>): string {
  return Object.values(secrets).reduce((safe, secret) => safe.replaceAll(secret, '***'), text);
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
