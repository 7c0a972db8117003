import {
  goodputConfig,
  parseDuration,
  partsOf,
  type JsonObject,
  type PayloadSource,
  type TargetPayloads,
} from '@loadwright/core/target';
import { pathBelow } from './base-url.js';
import { cognitoConfig } from './cognito/options.js';
import { routeOfStep } from './flows.js';
import { allSecretHeaders, hasNames, routesOf, type RestOptions } from './options.js';
import { requestsOfFile, sendsPayload, takesColumns, templatesOf, type Route } from './routes.js';
import { usesTexts } from './template.js';
import { runningText } from './texts.js';

/** What the Python files read. @param more What a target of this kind adds. */
export function restConfig(options: RestOptions, tokenVariable: string, more: JsonObject = {}): JsonObject {
  const configOf = (route: Route) => routeConfig(route, options.baseUrl);
  const first = configOf(routesOf(options)[0]!);
  const { weight: _, payloads: __, headers: ___, ...single } = first;
  return {
    ...(hasNames(options) ? { requestName: first['requestName']! } : single),
    // Those of its further files are payloads of the bundle, too.
    ...(hasFiles(options) && { payloads: first['payloads']! }),
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
    ...(multipart && { multipart: multipartConfig(name, multipart) }),
    payloads: payloads !== undefined,
    ...(takesColumns(route) && { usesColumns: true }),
    ...(payloads !== undefined && !sendsPayload(route) && { sendsPayload: false }),
    expect: expect as JsonObject,
  };
}

function multipartConfig(name: string, { files, ...form }: NonNullable<Route['multipart']>): JsonObject {
  return {
    ...(form as JsonObject),
    ...(files && {
      files: files.map(({ payloads: _, ...file }, index) => ({
        ...(file as JsonObject),
        payloads: requestsOfFile(name, index),
      })),
    }),
  };
}

/** Whether the only route there is carries files beside its payload. */
function hasFiles(options: RestOptions): boolean {
  return !hasNames(options) && options.multipart?.files !== undefined;
}

/** The payloads of all routes and steps, each for its own requests. */
export function restPayloads(options: RestOptions): TargetPayloads | undefined {
  if (!hasNames(options) && !hasFiles(options)) return options.payloads;
  const parts = routesOf(options).flatMap(({ multipart, name, payloads }) => [
    ...(payloads === undefined ? [] : partsFor(name, payloads)),
    ...(multipart?.files ?? []).flatMap((file, index) =>
      partsFor(requestsOfFile(name, index), file.payloads),
    ),
  ]);
  return parts.length === 0 ? undefined : parts;
}

const partsFor = (of: string, payloads: PayloadSource) => partsOf(payloads).map((part) => ({ ...part, of }));
