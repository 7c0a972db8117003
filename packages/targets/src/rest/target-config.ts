import {
  goodputConfig,
  parseDuration,
  partsOf,
  type JsonObject,
  type TargetPayloads,
} from '@loadwright/core/target';
import { pathBelow } from './base-url.js';
import { cognitoConfig } from './cognito/options.js';
import { routeOfStep } from './flows.js';
import { allSecretHeaders, hasNames, routesOf, type RestOptions } from './options.js';
import { sendsPayload, takesColumns, templatesOf, type Route } from './routes.js';
import { usesTexts } from './template.js';
import { runningText } from './texts.js';

/** What the Python files read. @param more What a target of this kind adds. */
export function restConfig(options: RestOptions, tokenVariable: string, more: JsonObject = {}): JsonObject {
  const configOf = (route: Route) => routeConfig(route, options.baseUrl);
  const first = configOf(routesOf(options)[0]!);
  const { weight: _, payloads: __, headers: ___, ...single } = first;
  return {
    ...(hasNames(options) ? { requestName: first['requestName']! } : single),
    ...(options.routes && { routes: options.routes.map(configOf) }),
    ...(options.flows && {
      flows: options.flows.map(({ steps, weight }) => ({
        weight,
        steps: steps.map((step) => ({ ...configOf(routeOfStep(step)), extract: step.extract as JsonObject })),
      })),
      preflightRequests: Math.max(...options.flows.map(({ steps }) => steps.length)),
    }),
    headers: options.headers as JsonObject,
    secretHeaders: Object.fromEntries(
      Object.entries(allSecretHeaders(options, tokenVariable)).map(([name, { variable, prefix }]) => [
        name,
        prefix === '' ? variable : { variable, prefix },
      ]),
    ),
    timeoutSeconds: parseDuration(options.timeout)!,
    maxAnswerBytes: options.maxAnswerBytes,
    ...(options.cognito && cognitoConfig(options.cognito)),
    ...(usesTexts([options.headers, ...routesOf(options).map(templatesOf)]) && {
      runningText: runningText(),
    }),
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

/** The payloads of all routes and steps, each for its own requests. */
export function restPayloads(options: RestOptions): TargetPayloads | undefined {
  if (!hasNames(options)) return options.payloads;
  const parts = routesOf(options).flatMap(({ name, payloads }) =>
    payloads === undefined ? [] : partsOf(payloads).map((part) => ({ ...part, of: name })),
  );
  return parts.length === 0 ? undefined : parts;
}
