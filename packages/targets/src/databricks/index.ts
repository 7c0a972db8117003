import { defineTarget } from '@loadwright/core';
import { databricksEmulator } from './emulator.js';
import {
  databricksOptionsSchema,
  endpointPath,
  hostOf,
  timeoutSeconds,
  type DatabricksInput,
  type DatabricksOptions,
} from './options.js';
import { preflight } from './preflight.js';
import { resolveToken, tokenVariable } from './token.js';

/** Databricks Model Serving and Feature Serving: one endpoint, called with an access token. */
export const databricks = defineTarget<DatabricksInput, DatabricksOptions>({
  specificationVersion: 1,
  kind: 'databricks',
  summary: 'Databricks Model Serving and Feature Serving endpoints',
  options: databricksOptionsSchema,
  example: {
    workspaceUrl: 'https://dbc-a1b2c3d4-e5f6.cloud.databricks.com',
    endpointName: 'house-prices',
    payloads: {
      inline: [
        { rooms: 3, area: 71.5 },
        { rooms: 5, area: 140 },
      ],
    },
  },
  locustfile: new URL('./locustfile.py', import.meta.url),
  pythonModules: [new URL('./databricks_requests.py', import.meta.url)],
  host: hostOf,
  targetConfig: (options) => ({
    endpointPath: endpointPath(options),
    format: options.format,
    timeoutSeconds: timeoutSeconds(options),
    maxAnswerBytes: options.maxAnswerBytes,
    requestName: options.requestName,
    expect: options.expect,
  }),
  tls: (options) => options.tls,
  payloads: (options) => options.payloads,
  environment: () => [tokenVariable],
  resolveEnvironment: resolveToken,
  preflight,
  labels: (options) => ({ endpoint: options.endpointName, format: options.format }),
  emulator: databricksEmulator,
});

export default databricks;
export type { DatabricksInput };
