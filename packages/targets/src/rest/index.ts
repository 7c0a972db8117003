import { defineTarget, renewalMetrics, tokenMetrics } from '@loadwright/core/target';
import { hostOf } from './base-url.js';
import { resolveRestEnvironment, restVariables } from './credentials.js';
import { restEmulator } from './emulator.js';
import { flowMetrics } from './flows.js';
import { restOptionsSchema, restWords, routesOf, type RestInput, type RestOptions } from './options.js';
import { restPreflight } from './preflight.js';
import { pythonFiles } from './python-files.js';
import { restConfig, restPayloads } from './target-config.js';

export type { PoolEmulator } from './emulator.js';
export type { RestInput, RestOptions } from './options.js';

const { tokenVariable } = restWords;

/** REST services: one route, or several with weights. */
export const rest = defineTarget<RestInput, RestOptions>({
  specificationVersion: 1,
  kind: 'rest',
  summary: 'REST service: one route, or several with names and weights',
  options: restOptionsSchema,
  example: {
    baseUrl: 'https://api.example/v1',
    routes: [
      { name: 'search', weight: 3, method: 'GET', path: '/items', query: { page: { $integer: [1, 20] } } },
      {
        name: 'item',
        weight: 6,
        method: 'GET',
        path: '/items/{id}',
        parameters: { id: { $integer: [1, 1000] } },
      },
      { name: 'order', path: '/orders', body: { item: { $integer: [1, 1000] }, reference: { $uuid: true } } },
    ],
  },
  ...pythonFiles,
  host: hostOf,
  targetConfig: (options) => restConfig(options, tokenVariable),
  requestNames: (options) => routesOf(options).map(({ name }) => name),
  tls: (options) => options.tls,
  payloads: restPayloads,
  environment: (options) => restVariables(options, tokenVariable),
  resolveEnvironment: async (options, context) => resolveRestEnvironment(options, tokenVariable, context),
  preflight: (options, context) =>
    restPreflight(options, context, {
      service: 'the service',
      tokenVariable,
      advice: () => undefined,
      notes: [],
    }),
  metrics: { ...tokenMetrics, ...renewalMetrics, ...flowMetrics },
  labels: restLabels,
  emulator: restEmulator,
});

export default rest;

/** What is called, for the report. */
function restLabels(options: RestOptions): Record<string, string> {
  const routes = routesOf(options);
  return {
    routes: routes
      .map(({ method, path }) => `${method} ${path}`)
      .join(', ')
      .slice(0, 200),
  };
}
