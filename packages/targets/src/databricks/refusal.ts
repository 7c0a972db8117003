import { LoadwrightError, type ErrorCode } from '@loadwright/core/target';

/** An answer that was not expected. */
export interface UnexpectedAnswer {
  readonly status: number;
  /** The body, secrets removed. */
  readonly text: string;
  readonly url: string;
  readonly endpointName: string;
}

interface Explanation {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** What an answer with an unexpected status means, and what to do about it. */
export function refusal(answer: UnexpectedAnswer): LoadwrightError {
  const { code, hint, retryable } = explain(answer, messageOfAnswer(answer.text));
  return new LoadwrightError(
    code,
    `${answer.url} answered ${answer.status}: ${messageOfAnswer(answer.text)}`,
    {
      hint,
      retryable,
    },
  );
}

/** Databricks answers errors with `{"error_code", "message"}`; a proxy before it may answer with anything. */
export function messageOfAnswer(text: string): string {
  try {
    const { error_code: code, message } = JSON.parse(text) as { error_code?: unknown; message?: unknown };
    if (typeof message === 'string') return typeof code === 'string' ? `${code}, ${message}` : message;
  } catch {
    // Not JSON: shown as it is.
  }
  return text.slice(0, 200).trim() || 'no message';
}

function explain({ status, endpointName }: UnexpectedAnswer, message: string): Explanation {
  switch (status) {
    case 401:
    case 403:
      return { code: 'CREDENTIALS_INVALID', hint: tokenHint(message) };
    case 404:
      return failed(
        `Check endpointName ("${endpointName}") and baseUrl: the endpoint must exist in that workspace and be ready.`,
      );
    case 400:
    case 415:
    case 422:
      return failed(
        'Check format and payloads: the names, the order and the types of the columns must fit the signature of the model.',
      );
    case 413:
      return failed(
        'Make the payloads smaller: a body may have 16 MB, and 4 MB for foundation models and agents.',
      );
    case 429:
      return failed(quotaHint(message), true);
    case 504:
      return failed(
        'The model ran longer than the service allows (297 s). Send fewer rows in a body, or make the model faster.',
        true,
      );
  }
  if (status >= 300 && status < 400) {
    return failed(
      'A redirect is not followed. Check that baseUrl is the URL of the workspace itself, not of the account console.',
    );
  }
  if (status >= 500) {
    return failed(
      'The platform or the model failed. Look at the events and logs of the endpoint, and try again later.',
      true,
    );
  }
  return failed('If this status is right, add it to expect.status; otherwise check baseUrl.');
}

function failed(hint: string, retryable = false): Explanation {
  return { code: 'PREFLIGHT_FAILED', hint, retryable };
}

function tokenHint(message: string): string {
  if (/expired/i.test(message)) {
    return 'The token has expired: make a new one, and set the variable DATABRICKS_TOKEN (or the option token) to it.';
  }
  if (/\bIP\b/.test(message)) {
    return 'The IP access list of the workspace refuses this address: add it, and those of the load generators.';
  }
  return (
    'Set the variable DATABRICKS_TOKEN, or the option token, to a token of this workspace that has the permission ' +
    'CAN QUERY on the endpoint. An IP access list of the workspace also refuses with this status.'
  );
}

/** The service has two limits with status 429, and their remedies differ. */
function quotaHint(message: string): string {
  if (/parallel requests/i.test(message)) {
    return (
      'The workspace has reached its limit of parallel requests: stop other load on it, use a route-optimised ' +
      'endpoint, or ask Databricks for more.'
    );
  }
  if (/provisioned concurrency/i.test(message)) {
    return 'The endpoint is at its provisioned concurrency: make it larger, or wait until it has scaled up.';
  }
  return 'The endpoint or the workspace is at its limit of requests. Stop other load on it, and try again.';
}
