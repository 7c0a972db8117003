import { defineTarget, goodputConfig, renewalMetrics, tokenMetrics } from '@loadwright/core/target';
import { bodyLimit } from './body-limit.js';
import { databricksEmulator } from './emulator.js';
import {
  databricksOptionsSchema,
  endpointPath,
  hostOf,
  lookedUp,
  timeoutSeconds,
  type DatabricksInput,
  type DatabricksOptions,
} from './options.js';
import { databricksObservation } from './observation/index.js';
import { preflight } from './preflight.js';
import { payloadHint } from './shape.js';
import { databricksScaling } from './scaling/index.js';
import { resolveCredentials } from './token.js';
import { authenticationOf, databricksVariables } from './variables.js';
import { findWorkspace } from './find-workspace.js';

/** Databricks Model Serving and Feature Serving: one endpoint, called with an access token or as a service principal. */
export const databricks = defineTarget<DatabricksInput, DatabricksOptions>({
  specificationVersion: 1,
  kind: 'databricks',
  summary: 'Databricks Model Serving and Feature Serving endpoints',
  options: databricksOptionsSchema,
  example: {
    baseUrl: 'https://dbc-a1b2c3d4-e5f6.cloud.databricks.com',
    endpointName: 'house-prices',
    payloads: {
      inline: [
        { rooms: 3, area: 71.5 },
        { rooms: 5, area: 140 },
      ],
    },
  },
  findOptions: findWorkspace,
  locustfile: new URL('./locustfile.py', import.meta.url),
  pythonModules: ['./databricks_requests.py', './databricks_access.py'].map(
    (path) => new URL(path, import.meta.url),
  ),
  host: hostOf,
  requestNames: ({ requestName }) => [requestName],
  targetConfig: (options) => ({
    baseUrl: new URL(options.baseUrl).origin,
    ...given({
      authentication: authenticationOf(options),
      lookUp: lookedUp(options),
      endpointId: options.endpointId,
    }),
    endpointPath: endpointPath(options),
    format: options.format,
    timeoutSeconds: timeoutSeconds(options),
    maxAnswerBytes: options.maxAnswerBytes,
    requestName: options.requestName,
    expect: options.expect,
    ...(options.goodput && { goodput: goodputConfig(options.goodput) }),
  }),
  tls: (options) => options.tls,
  payloads: (options) => options.payloads,
  bodyLimit,
  payloadHint,
  environment: databricksVariables,
  resolveEnvironment: resolveCredentials,
  preflight,
  labels: (options) => ({ endpoint: options.endpointName, format: options.format }),
  metrics: {
    ...tokenMetrics,
    retry_after: {
      kind: 'trend',
      unit: 'ms',
      description: 'how long services that refused asked to wait',
    },
    ...renewalMetrics,
  },
  emulator: databricksEmulator,
  observation: databricksObservation,
  scaling: databricksScaling,
});

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

export default databricks;
export type { DatabricksEmulator } from './emulator.js';
export type { DatabricksInput };
