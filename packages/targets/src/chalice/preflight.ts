import { parseDuration, type PreflightContext, type PreflightReport } from '@loadwright/core/target';
import { restPreflight, type Advice } from '../rest/preflight.js';
import type { Route } from '../rest/routes.js';
import { apiKeyVariable, bearerTokenVariable } from './credentials.js';
import { gatewayLimitBytes, gatewayLimitSeconds, isGateway, type ChaliceOptions } from './options.js';

/** How much longer than the gateway a client may wait for what the gateway says then, in seconds. */
const graceSeconds = 5;

/** What the answers to the load's first requests mean. @throws `CREDENTIALS_INVALID` or `PREFLIGHT_FAILED`. */
export async function chalicePreflight(
  options: ChaliceOptions,
  context: Pick<PreflightContext, 'request'>,
): Promise<PreflightReport> {
  return restPreflight(options, context, {
    service: 'the Chalice API',
    tokenVariable: bearerTokenVariable,
    advice: (status, text, route) => advice(status, text, route, options),
    notes: timeoutNotes(options),
  });
}

/** Only API Gateway itself has the limit. */
function timeoutNotes(options: ChaliceOptions): string[] {
  if (!isGateway(options) || parseDuration(options.timeout)! <= gatewayLimitSeconds + graceSeconds) return [];
  return [
    `The timeout of ${options.timeout} is longer than API Gateway waits (${gatewayLimitSeconds} s, unless its quota was raised): ` +
      'such requests end with its own 504.',
  ];
}

/** What Chalice, API Gateway and a model behind them mean by a status. */
function advice(
  status: number,
  text: string,
  route: Route,
  { authentication }: ChaliceOptions,
): Advice | undefined {
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
          authentication === 'iam'
            ? 'Allow execute-api:Invoke for these credentials, and check region.'
            : `Set the option apiKey or the variable ${apiKeyVariable} to a key of the API's usage plan, ` +
              `or the variable ${bearerTokenVariable} when an authorizer guards it.`,
      };
    case 400:
      return { hint: 'The service does not accept the body: check the option body or payloads.' };
    case 413:
      return {
        hint: `API Gateway takes bodies of at most ${gatewayLimitBytes / 1024 / 1024} MB: send smaller payloads, or upload by way of S3.`,
      };
    case 415:
      return {
        hint: `Set the option contentType to what the service reads (${route.contentType} was sent).`,
      };
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
    case 530:
      return { hint: 'A service behind the API failed or was too slow: try again.', retryable: true };
    default:
      return undefined;
  }
}
