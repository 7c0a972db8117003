import { setTimeout as delay } from 'node:timers/promises';
import {
  LoadwrightError,
  networkFailure,
  type JsonObject,
  type TargetContext,
} from '@loadwright/core/target';
import type { DatabricksOptions } from './options.js';
import { messageOfAnswer } from './refusal.js';
import { resolveCredentials } from './token.js';
import { clientIdVariable, clientSecretVariable, tokenVariable } from './variables.js';

/** A token that ends sooner is not used any more, in milliseconds. */
const spareMilliseconds = 60_000;

interface Token {
  readonly text: string;
  /** In milliseconds since 1970. */
  readonly endsAt: number;
}

/** Those of whoever asks the workspace: one token for many calls. The load's own are with its workers. */
const tokens = new WeakMap<DatabricksOptions, Token>();

type CallContext = Pick<TargetContext, 'environment' | 'signal'>;

/** How often a call is tried that the workspace has no time for. */
const mostTries = 4;

/**
 * In milliseconds: between two looks at an endpoint that is being changed, in the end; and after the first call that the workspace had no
 * time for.
 */
export const pauses = { look: 10_000, retry: 1000 };

/**
 * Calls the API of a workspace.
 *
 * @param path Below `/api/2.0/serving-endpoints/{endpointName}`: empty, or begins with a slash.
 * @returns the body of its answer.
 * @throws LoadwrightError `CREDENTIALS_INVALID` when it refuses the caller, `PREFLIGHT_FAILED` when it does not answer, else
 * `CONFIG_INVALID` with what it answered; `cause` is the status as a number where it answered.
 */
export async function callEndpointApi(
  options: DatabricksOptions,
  context: CallContext,
  path: string,
  put?: JsonObject,
): Promise<string> {
  const whole = `/api/2.0/serving-endpoints/${encodeURIComponent(options.endpointName)}${path}`;
  const call = `${put ? 'PUT' : 'GET'} ${whole}`;
  for (let time = 1; ; time += 1) {
    const { status, text } = await send(options, context, whole, put).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw networkFailure(error, options.baseUrl, 'the API of the workspace');
    });
    if (status >= 200 && status < 300) return text;
    // It may have been withdrawn: the next call asks for another one.
    tokens.delete(options);
    const isBusy = status === 429 || status === 503;
    if (!isBusy || time === mostTries) throw refused(call, status, text);
    await delay(pauses.retry * 2 ** (time - 1), undefined, { signal: context.signal });
  }
}

/** The status that a call ended with. Undefined: it was not answered, or never made. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof LoadwrightError && typeof error.cause === 'number' ? error.cause : undefined;
}

async function send(
  options: DatabricksOptions,
  context: CallContext,
  path: string,
  put: JsonObject | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const authorization = `Bearer ${await tokenOf(options, context)}`;
  const answer = await fetch(new URL(path, options.baseUrl), {
    method: put ? 'PUT' : 'GET',
    headers: { authorization, ...(put && { 'content-type': 'application/json' }) },
    ...(put && { body: JSON.stringify(put) }),
    signal: context.signal,
  });
  return { status: answer.status, text: await answer.text() };
}

function refused(call: string, status: number, text: string): LoadwrightError {
  const isCaller = status === 401 || status === 403;
  return new LoadwrightError(
    isCaller ? 'CREDENTIALS_INVALID' : 'CONFIG_INVALID',
    `${call} answered ${status}: ${messageOfAnswer(text)}`,
    {
      hint: isCaller
        ? 'Use credentials of this workspace. Changing the scaling needs the permission CAN MANAGE on the endpoint, reading it CAN VIEW.'
        : status === 404
          ? 'Check endpointName and baseUrl: the endpoint must exist in that workspace.'
          : 'Look at the events of the endpoint in the workspace, and try again.',
      retryable: status === 409 || status === 429 || status >= 500,
      cause: status,
    },
  );
}

async function tokenOf(options: DatabricksOptions, context: CallContext): Promise<string> {
  const { variables } = await resolveCredentials(options, context);
  const personal = variables[tokenVariable];
  if (personal !== undefined) return personal;
  const known = tokens.get(options);
  if (known && known.endsAt - spareMilliseconds > Date.now()) return known.text;
  const pair = `${variables[clientIdVariable]}:${variables[clientSecretVariable]}`;
  const answer = await fetch(new URL('/oidc/v1/token', options.baseUrl), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' }),
    signal: context.signal,
  });
  if (!answer.ok) {
    throw new LoadwrightError('CREDENTIALS_INVALID', `The token service answered ${answer.status}.`, {
      hint: `Check ${clientIdVariable} and ${clientSecretVariable}.`,
      cause: answer.status,
    });
  }
  const { access_token: text, expires_in: seconds = 0 } = (await answer.json()) as {
    access_token: string;
    expires_in?: number;
  };
  tokens.set(options, { text, endsAt: Date.now() + seconds * 1000 });
  return text;
}
