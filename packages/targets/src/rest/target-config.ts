import {
  goodputConfig,
  parseDuration,
  partsOf,
  type JsonObject,
  type TargetPayloads,
} from '@loadwright/core/target';
import { pathBelow } from './base-url.js';
import { allSecretHeaders, routesOf, type RestOptions } from './options.js';
import { sendsPayload, takesColumns, type Route } from './routes.js';

/** What the Python files read. @param more What a target of this kind adds. */
export function restConfig(options: RestOptions, tokenVariable: string, more: JsonObject = {}): JsonObject {
  const routes = routesOf(options).map((route) => routeConfig(route, options.baseUrl));
  const { weight: _, payloads: __, headers: ___, ...single } = routes[0]!;
  return {
    ...(options.routes === undefined ? single : { routes, requestName: routes[0]!['requestName']! }),
    headers: options.headers as JsonObject,
    secretHeaders: Object.fromEntries(
      Object.entries(allSecretHeaders(options, tokenVariable)).map(([name, { variable, prefix }]) => [
        name,
        prefix === '' ? variable : { variable, prefix },
      ]),
    ),
    timeoutSeconds: parseDuration(options.timeout)!,
    maxAnswerBytes: options.maxAnswerBytes,
    ...(options.goodput && { goodput: goodputConfig(options.goodput) }),
    ...more,
  };
}

function routeConfig(route: Route, baseUrl: string): JsonObject {
  const { body, contentType, expect, headers, method, multipart, name, parameters, payloads, query } = route;
  const hasKeys = (value: object) => Object.keys(value).length > 0;
  return {
    requestName: name,
    weight: route.weight,
    method,
    path: pathBelow(baseUrl, route.path),
    ...(hasKeys(parameters) && { parameters: parameters as JsonObject }),
    ...(hasKeys(query) && { query: query as JsonObject }),
    headers: headers as JsonObject,
    contentType,
    ...(body === undefined ? {} : { body }),
    ...(multipart && { multipart: multipart as JsonObject }),
    payloads: payloads !== undefined,
    ...(takesColumns(route) && { usesColumns: true }),
    ...(payloads !== undefined && !sendsPayload(route) && { sendsPayload: false }),
    expect: expect as JsonObject,
  };
}

/** The payloads of all routes, each for its own requests. */
export function restPayloads(options: RestOptions): TargetPayloads | undefined {
  if (options.routes === undefined) return options.payloads;
  const parts = options.routes.flatMap(({ name, payloads }) =>
    payloads === undefined ? [] : partsOf(payloads).map((part) => ({ ...part, of: name })),
  );
  return parts.length === 0 ? undefined : parts;
}
