import {
  defineTarget,
  goodputConfig,
  parseDuration,
  sigv4ClockToleranceSeconds,
  renewalMetrics,
  tokenMetrics,
  type IamStatement,
  type JsonObject,
  type TargetDefinition,
} from '@loadwright/core/target';
import { actionsOf, bearerAction } from './actions.js';
import { asyncMetrics } from './async/metrics.js';
import {
  asyncConfig,
  asyncHeaders,
  expectedStatuses,
  inputStatements,
  resultStatements,
} from './async/place.js';
import { bodyLimit } from './body-limit.js';
import { stageInputs } from './async/staging.js';
import { resolveSagemakerEnvironment, sagemakerVariables } from './credentials.js';
import { sagemakerEmulator } from './emulator.js';
import { hostOf } from './host.js';
import { sagemakerOptionsSchema, type SagemakerInput, type SagemakerOptions } from './options.js';
import { partitionOf } from './partition.js';
import { sagemakerObservation } from './observation/index.js';
import { sagemakerPreflight } from './preflight.js';
import { sagemakerScaling } from './scaling/index.js';

export type { SagemakerEmulator } from './emulator.js';
export type { SagemakerInput, SagemakerOptions } from './options.js';

/** Each variant has one of its own: which there are is in the answers alone. */
const variantMetrics: NonNullable<TargetDefinition['metrics']> = {
  'variant_*': {
    kind: 'trend',
    unit: 'ms',
    description: 'service time of the answers of a variant, by its name',
  },
};

/** Real-time inference endpoints of Amazon SageMaker, called with InvokeEndpoint. */
export const sagemaker = defineTarget<SagemakerInput, SagemakerOptions>({
  specificationVersion: 1,
  kind: 'sagemaker',
  summary: 'Real-time inference endpoint of Amazon SageMaker (InvokeEndpoint, signed with SigV4)',
  options: sagemakerOptionsSchema,
  example: {
    endpointName: 'my-endpoint',
    region: 'eu-west-1',
    payloads: { inline: [{ instances: [[0.5, 1.5, 2.5]] }, { instances: [[3.5, 4.5, 5.5]] }] },
  },
  locustfile: new URL('./locustfile.py', import.meta.url),
  pythonModules: ['requests', 'models', 'async', 'openai', 'results'].map(
    (name) => new URL(`./sagemaker_${name}.py`, import.meta.url),
  ),
  host: hostOf,
  targetConfig,
  // Each model has its own.
  requestNames: ({ requestName, targetModel, targetModels, targetModelFrom }) =>
    (targetModel ?? targetModels ?? targetModelFrom) ? undefined : [requestName],
  tls: (options) => options.tls,
  payloads: (options) => options.payloads,
  bodyLimit,
  environment: () => sagemakerVariables,
  resolveEnvironment: resolveSagemakerEnvironment,
  stageInputs,
  stagingStatements: inputStatements,
  preflight: sagemakerPreflight,
  clockToleranceSeconds: sigv4ClockToleranceSeconds,
  iamStatements,
  labels: ({ endpointName, region }) => ({ endpoint: endpointName, region }),
  metrics: { ...tokenMetrics, ...asyncMetrics, ...variantMetrics, ...renewalMetrics },
  emulator: sagemakerEmulator,
  observation: sagemakerObservation,
  scaling: sagemakerScaling,
});

export default sagemaker;

function targetConfig(options: SagemakerOptions): JsonObject {
  const { accept, contentType, endpointName, expect, region, requestName, timeout } = options;
  const headers = {
    'X-Amzn-SageMaker-Custom-Attributes': options.customAttributes,
    'X-Amzn-SageMaker-Target-Model': options.targetModel,
    'X-Amzn-SageMaker-Target-Variant': options.targetVariant,
    // In the path of the other route.
    'X-Amzn-SageMaker-Inference-Component': options.openai ? undefined : options.inferenceComponent,
    'X-Amzn-SageMaker-Target-Container-Hostname': options.targetContainer,
    'X-Amzn-SageMaker-Session-Id': options.sessionId,
    ...asyncHeaders(options),
  };
  return {
    endpointName,
    region,
    contentType,
    ...(accept === undefined ? {} : { accept }),
    headers: Object.fromEntries(
      Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
    ),
    timeoutSeconds: parseDuration(timeout)!,
    maxAnswerBytes: options.maxAnswerBytes,
    requestName,
    expect: { ...expect, status: [...expectedStatuses(options)] } as JsonObject,
    ...asyncConfig(options),
    ...(options.stream && { stream: true }),
    ...(options.openai && {
      openai: true,
      ...(options.inferenceComponent && { inferenceComponent: options.inferenceComponent }),
    }),
    ...(options.inferenceId !== undefined && { inferenceId: options.inferenceId }),
    ...(options.targetModels && { targetModels: options.targetModels }),
    ...(options.targetModelFrom !== undefined && { targetModelFrom: options.targetModelFrom }),
    ...(options.goodput && { goodput: goodputConfig(options.goodput) }),
  };
}

const bearerStatement: IamStatement = {
  Sid: 'LoadwrightCallWithBearerToken',
  Effect: 'Allow',
  Action: [bearerAction],
  Resource: ['*'],
};

function iamStatements(options: SagemakerOptions): IamStatement[] {
  const { accountId = '*', endpointName, region } = options;
  const models = modelCondition(options);
  const prefix = `arn:${partitionOf(region).id}:sagemaker:${region}:${accountId}:endpoint/`;
  // SageMaker writes names in its ARNs in lower case, and IAM compares ARNs with regard to case.
  const names = new Set([endpointName, endpointName.toLowerCase()]);
  return [
    {
      Sid: 'LoadwrightInvokeEndpoint',
      Effect: 'Allow',
      Action: actionsOf(options).filter((action) => action !== bearerAction),
      Resource: [...names].map((name) => prefix + name),
      ...(models && { Condition: models }),
    },
    ...resultStatements(options),
    ...(options.openai ? [bearerStatement] : []),
  ];
}

/** Which models may be called: those that the options name, or any that a payload names. */
function modelCondition({
  targetModel,
  targetModelFrom,
  targetModels,
}: SagemakerOptions): IamStatement['Condition'] {
  if (targetModelFrom !== undefined) return { StringLike: { 'sagemaker:TargetModel': '*' } };
  const models = targetModel ?? (targetModels && Object.keys(targetModels));
  return models === undefined ? undefined : { StringEquals: { 'sagemaker:TargetModel': models } };
}
