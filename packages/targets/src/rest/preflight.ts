import {
  contentFailure,
  LoadwrightError,
  preflightFailure,
  type ErrorCode,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core/target';
import { hostOf, isReadable, pathBelow } from './base-url.js';
import { allSecretHeaders, routesOf, type RestOptions } from './options.js';
import type { Route } from './routes.js';

/** What to do about an answer that is not expected. */
export interface Advice {
  readonly code?: ErrorCode;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** How a kind of REST service explains its answers. */
export interface RestPreflight {
  /** For messages: `the Chalice API`. */
  readonly service: string;
  readonly tokenVariable: string;
  /** Undefined: nothing is known of this status beside what HTTP says. */
  readonly advice: (status: number, text: string, route: Route) => Advice | undefined;
  readonly notes: readonly string[];
}

/**
 * Calls each route once, and says what the answers mean.
 *
 * @throws `CREDENTIALS_INVALID` or `PREFLIGHT_FAILED`.
 */
export async function restPreflight(
  options: RestOptions,
  { request }: Pick<PreflightContext, 'request'>,
  kind: RestPreflight,
): Promise<PreflightReport> {
  const lines: string[] = [];
  let seconds = 0;
  for (const route of routesOf(options)) {
    const url = hostOf(options) + pathBelow(options.baseUrl, route.path);
    const asked = await request(options.routes === undefined ? undefined : { name: route.name });
    const { answer } = asked;
    if (answer === null) throw preflightFailure(asked, kind.service);
    const { status, body } = answer;
    if (!route.expect.status.includes(status)) throw refusal(status, body.text ?? '', url, route, kind);
    const wrong = contentFailure(asked, `${route.method} ${url}`);
    if (wrong) throw wrong;
    const name = options.routes === undefined ? '' : `${route.name}: `;
    lines.push(`${name}${route.method} ${url} answered ${status}`);
    seconds = Math.max(seconds, asked.seconds);
  }
  return {
    summary: lines.join('; '),
    latencyMilliseconds: seconds * 1000,
    notes: [...kind.notes, ...readableNotes(options, kind)],
  };
}

function readableNotes(options: RestOptions, { tokenVariable }: RestPreflight): string[] {
  const headers = Object.keys(allSecretHeaders(options, tokenVariable));
  if (!isReadable(options.baseUrl) || headers.length === 0) return [];
  return [
    `Secrets go over plain http to ${new URL(options.baseUrl).host} (${headers.join(', ')}): whoever is on the way can read them.`,
  ];
}

function refusal(
  status: number,
  text: string,
  url: string,
  route: Route,
  kind: RestPreflight,
): LoadwrightError {
  const advice = kind.advice(status, text, route) ?? commonAdvice(status, route, kind);
  const said = messageOf(text);
  return new LoadwrightError(
    advice.code ?? 'PREFLIGHT_FAILED',
    `${route.method} ${url} answered ${status}, but expect.status allows ${route.expect.status.join(', ')}` +
      (said === undefined ? '.' : `: ${said}`),
    { hint: advice.hint, retryable: advice.retryable ?? false },
  );
}

/** What HTTP itself says of a status. */
function commonAdvice(status: number, route: Route, { tokenVariable }: RestPreflight): Advice {
  switch (status) {
    case 401:
    case 403:
      return {
        code: 'CREDENTIALS_INVALID',
        hint: `Set the option bearerToken or the variable ${tokenVariable} to a token that the API accepts, or name another header with secretHeaders.`,
      };
    case 404:
    case 405:
      return { hint: `Check baseUrl, route (${route.path}) and method (${route.method}).` };
    case 400:
    case 422:
      return {
        hint: 'The service does not accept the request: check its query, and the option body or payloads.',
      };
    case 413:
      return { hint: 'The service takes no body of this size: send smaller payloads, or raise its limit.' };
    case 415:
      return { hint: 'Set the option contentType to what the service reads.' };
    case 429:
      return { hint: 'The service is at its limit: wait for other load to end.', retryable: true };
    case 500:
      return { hint: 'Read the log of the service.', retryable: true };
    case 502:
    case 503:
    case 504:
      return { hint: 'A service behind it failed or was too slow: try again.', retryable: true };
    default:
      return { hint: `Add ${status} to the option expect.status if it is a correct answer.` };
  }
}

/** What the service says, if it says something short. */
function messageOf(text: string): string | undefined {
  try {
    const { Message, message, detail, error } = JSON.parse(text) as Record<string, unknown>;
    const said = Message ?? message ?? detail ?? error;
    return typeof said === 'string' ? said.slice(0, 300) : undefined;
  } catch {
    return undefined;
  }
}
