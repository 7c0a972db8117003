import {
  defineTarget,
  goodputConfig,
  parseDuration,
  sigv4ClockToleranceSeconds,
  tokenMetrics,
  type IamStatement,
  type JsonObject,
} from '@loadwright/core/target';
import { resolveSagemakerEnvironment, sagemakerVariables } from './credentials.js';
import { sagemakerEmulator } from './emulator.js';
import { hostOf } from './host.js';
import { sagemakerOptionsSchema, type SagemakerInput, type SagemakerOptions } from './options.js';
import { partitionOf } from './partition.js';
import { sagemakerPreflight } from './preflight.js';
import { sagemakerScaling } from './scaling/index.js';

export type { SagemakerEmulator } from './emulator.js';
export type { SagemakerInput, SagemakerOptions } from './options.js';

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
  pythonModules: [new URL('./sagemaker_requests.py', import.meta.url)],
  host: hostOf,
  targetConfig,
  tls: (options) => options.tls,
  payloads: (options) => options.payloads,
  environment: () => sagemakerVariables,
  resolveEnvironment: resolveSagemakerEnvironment,
  preflight: sagemakerPreflight,
  clockToleranceSeconds: sigv4ClockToleranceSeconds,
  iamStatements,
  labels: ({ endpointName, region }) => ({ endpoint: endpointName, region }),
  metrics: tokenMetrics,
  emulator: sagemakerEmulator,
  scaling: sagemakerScaling,
});

export default sagemaker;

function targetConfig(options: SagemakerOptions): JsonObject {
  const { accept, contentType, endpointName, expect, region, requestName, timeout } = options;
  const headers = {
    'X-Amzn-SageMaker-Custom-Attributes': options.customAttributes,
    'X-Amzn-SageMaker-Target-Model': options.targetModel,
    'X-Amzn-SageMaker-Target-Variant': options.targetVariant,
    'X-Amzn-SageMaker-Inference-Component': options.inferenceComponent,
    'X-Amzn-SageMaker-Target-Container-Hostname': options.targetContainer,
    'X-Amzn-SageMaker-Session-Id': options.sessionId,
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
    expect: expect as JsonObject,
    ...(options.stream && { stream: true }),
    ...(options.targetModels && { targetModels: options.targetModels }),
    ...(options.goodput && { goodput: goodputConfig(options.goodput) }),
  };
}

function iamStatements(options: SagemakerOptions): IamStatement[] {
  const { accountId = '*', endpointName, region, targetModel, targetModels } = options;
  const models = targetModel ?? (targetModels && Object.keys(targetModels));
  const prefix = `arn:${partitionOf(region).id}:sagemaker:${region}:${accountId}:endpoint/`;
  // SageMaker writes names in its ARNs in lower case, and IAM compares ARNs with regard to case.
  const names = new Set([endpointName, endpointName.toLowerCase()]);
  return [
    {
      Sid: 'LoadwrightInvokeEndpoint',
      Effect: 'Allow',
      // AWS's own policies list the second one apart, and grants of the first alone fail on streams.
      Action: [
        'sagemaker:InvokeEndpoint',
        ...(options.stream ? ['sagemaker:InvokeEndpointWithResponseStream'] : []),
      ],
      Resource: [...names].map((name) => prefix + name),
      ...(models === undefined ? {} : { Condition: { StringEquals: { 'sagemaker:TargetModel': models } } }),
    },
  ];
}
