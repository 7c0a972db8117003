import type { BodyLimit } from '@loadwright/core/target';
import { madeBody } from '../rest/made-body.js';
import { routesOf } from '../rest/options.js';
import { requestsOfFile } from '../rest/routes.js';
import { gatewayLimitBytes, isGateway, type ChaliceOptions } from './options.js';

/** @param requests The route that payloads are for. Undefined: there is one route. */
export function bodyLimit(options: ChaliceOptions, requests?: string): BodyLimit | undefined {
  const route = routesOf(options).find(
    ({ multipart, name }) =>
      requests === undefined ||
      name === requests ||
      multipart?.files?.some((_, index) => requestsOfFile(name, index) === requests),
  );
  if (!isGateway(options) || !route) return undefined;
  const made = madeBody(route, requests);
  if (made === 'none') return undefined;
  return {
    ...{ bytes: gatewayLimitBytes, what: 'is the longest body that API Gateway takes' },
    hint: 'Send smaller payloads, or upload by way of S3.',
    ...(made !== 'payload' && { made }),
  };
}
