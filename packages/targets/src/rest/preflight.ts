import {
  contentFailure,
  LoadwrightError,
  preflightFailure,
  type ErrorCode,
  type PreflightAnswer,
  type PreflightContext,
  type PreflightReport,
} from '@loadwright/core/target';
import { hostOf, isReadable, pathBelow } from './base-url.js';
import { routeOfStep } from './flows.js';
import { allSecretHeaders, hasNames, routesOf, type RestOptions } from './options.js';
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
 * Calls each route and carries out each flow once, and says what the answers mean.
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
  const call = async (named: boolean, title: string, steps: readonly Route[]) => {
    // The load's client sends what comes before it, and describes the first one that fails in its place.
    const asked = await request(named ? { name: steps.at(-1)!.name } : undefined);
    const route = steps.find(({ name }) => name === asked.request?.name) ?? steps.at(-1)!;
    const called = `${route.method} ${hostOf(options)}${pathBelow(options.baseUrl, route.path)}`;
    throwIfWrong(asked, route, called, withCognito(kind, options));
    lines.push(`${title}${called} answered ${asked.answer!.status}`);
    seconds = Math.max(seconds, asked.seconds);
  };
  const { flows = [], routes = hasNames(options) ? [] : routesOf(options) } = options;
  for (const route of routes) {
    const title = hasNames(options) ? `${route.name}: ` : '';
    await call(hasNames(options), title, [route]);
  }
  for (const { name, steps } of flows) {
    await call(true, `${name} (${steps.length} steps): `, steps.map(routeOfStep));
  }
  return {
    summary: lines.join('; '),
    latencyMilliseconds: seconds * 1000,
    notes: [...kind.notes, ...readableNotes(options, kind)],
  };
}

/** @param called Method and URL. */
function throwIfWrong(asked: PreflightAnswer, route: Route, called: string, kind: RestPreflight): void {
  const { answer, failure } = asked;
  if (answer === null) throw preflightFailure(asked, kind.service);
  const { status, body } = answer;
  if (!route.expect.status.includes(status)) throw refusal(status, body.text ?? '', called, route, kind);
  if (failure?.kind === 'extract') {
    // Without the body: the value may be a secret.
    throw new LoadwrightError('PREFLIGHT_FAILED', `${called} answered ${status}, but ${failure.reason}.`, {
      hint: `Compare extract of the step ${route.name} with what the service answers. The flow ends there.`,
    });
  }
  const wrong = contentFailure(asked, called);
  if (wrong) throw wrong;
}

/** What a kind says of a refusal is of other credentials than those of a user pool. */
function withCognito(kind: RestPreflight, { cognito }: RestOptions): RestPreflight {
  if (cognito === undefined) return kind;
  return {
    ...kind,
    advice: (status, text, route) => {
      const isRefused = status === 401 || (status === 403 && !text.includes('Missing Authentication Token'));
      if (!isRefused) return kind.advice(status, text, route);
      return {
        code: 'CREDENTIALS_INVALID',
        hint:
          'Cognito gave a token that the API does not accept. Its authorizer must name this user pool and app client. ' +
          'With scopes it takes access tokens that hold one of them (cognito.scopes), without scopes a REST API takes ' +
          `ID tokens (cognito.tokenType, now ${cognito.tokenType}). Check cognito.header and cognito.prefix too.`,
      };
    },
  };
}

function readableNotes(options: RestOptions, { tokenVariable }: RestPreflight): string[] {
  const { cognito } = options;
  const headers = [
    ...Object.keys(allSecretHeaders(options, tokenVariable)),
    ...(cognito ? [cognito.header] : []),
  ];
  if (!isReadable(options.baseUrl) || headers.length === 0) return [];
  return [
    `Secrets go over plain http to ${new URL(options.baseUrl).host} (${headers.join(', ')}): whoever is on the way can read them.`,
  ];
}

function refusal(
  status: number,
  text: string,
  called: string,
  route: Route,
  kind: RestPreflight,
): LoadwrightError {
  const advice = kind.advice(status, text, route) ?? commonAdvice(status, route, kind);
  const said = messageOf(text);
  return new LoadwrightError(
    advice.code ?? 'PREFLIGHT_FAILED',
    `${called} answered ${status}, but expect.status allows ${route.expect.status.join(', ')}` +
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
