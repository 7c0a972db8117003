import {
  defineTarget,
  renewalMetrics,
  sigv4ClockToleranceSeconds,
  tokenMetrics,
  type IamStatement,
} from '@loadwright/core/target';
import { hostOf } from '../rest/base-url.js';
import { flowMetrics } from '../rest/flows.js';
import { bodyLimit } from './body-limit.js';
import { pathOf, routesOf } from '../rest/options.js';
import { pythonFiles } from '../rest/python-files.js';
import { restConfig, restPayloads } from '../rest/target-config.js';
import { partitionOf } from '../sagemaker/partition.js';
import {
  apiKeyVariable,
  bearerTokenVariable,
  chaliceVariables,
  resolveChaliceEnvironment,
} from './credentials.js';
import { chaliceEmulator } from './emulator.js';
import {
  chaliceOptionsSchema,
  regionOf,
  usesApiKey,
  type ChaliceInput,
  type ChaliceOptions,
} from './options.js';
import { chalicePreflight } from './preflight.js';

export type { ChaliceInput, ChaliceOptions } from './options.js';

/** REST services made with AWS Chalice, behind API Gateway or run locally: the target `rest` with what they add. */
export const chalice = defineTarget<ChaliceInput, ChaliceOptions>({
  specificationVersion: 1,
  kind: 'chalice',
  summary: 'REST service made with AWS Chalice, in front of a model',
  options: chaliceOptionsSchema,
  example: {
    baseUrl: 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/api',
    body: { distance: { $uniform: [1, 6500] } },
    expect: { json: { pointer: '/cost', type: 'number' } },
  },
  ...pythonFiles,
  host: hostOf,
  targetConfig,
  requestNames: (options) => routesOf(options).map(({ name }) => name),
  tls: (options) => options.tls,
  payloads: restPayloads,
  bodyLimit,
  environment: chaliceVariables,
  resolveEnvironment: resolveChaliceEnvironment,
  preflight: chalicePreflight,
  clockToleranceSeconds: ({ authentication }) =>
    authentication === 'iam' ? sigv4ClockToleranceSeconds : undefined,
  iamStatements,
  metrics: { ...tokenMetrics, ...renewalMetrics, ...flowMetrics },
  labels: (options) => ({ method: routesOf(options)[0]!.method, path: pathOf(options) }),
  emulator: chaliceEmulator,
});

export default chalice;

function targetConfig(options: ChaliceOptions) {
  const config = restConfig(options, bearerTokenVariable);
  const secretHeaders = config['secretHeaders'] as Record<string, string>;
  return {
    ...config,
    secretHeaders: { ...(usesApiKey(options) && { 'x-api-key': apiKeyVariable }), ...secretHeaders },
    ...(options.authentication === 'iam' && {
      signing: { service: 'execute-api', region: regionOf(options)! },
    }),
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html */
function iamStatements(options: ChaliceOptions): IamStatement[] {
  if (options.authentication !== 'iam') return [];
  const { accountId = '*', baseUrl } = options;
  const region = regionOf(options)!;
  const { hostname, pathname } = new URL(baseUrl);
  const [api = '*'] = hostname.includes('.execute-api') ? hostname.split('.') : [];
  const [stage = '*', ...below] = pathname.split('/').filter(Boolean);
  const prefix = `arn:${partitionOf(region).id}:execute-api:${region}:${accountId}:${api}/${stage}/`;
  const resources = routesOf(options).map(({ method, path }) => {
    const [route = ''] = path.split('?');
    return `${prefix}${method}/${[...below, route.slice(1)].join('/')}`.replace(/\{\w+\}/g, '*');
  });
  return [
    {
      Sid: 'LoadwrightInvokeApi',
      Effect: 'Allow',
      Action: ['execute-api:Invoke'],
      Resource: [...new Set(resources)],
    },
  ];
}
