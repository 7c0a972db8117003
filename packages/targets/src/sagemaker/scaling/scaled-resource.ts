import { LoadwrightError } from '@loadwright/core/target';
import type { DescribeEndpointOutput } from '@aws-sdk/client-sagemaker';
import type { SagemakerOptions } from '../options.js';

/** What Application Auto Scaling scales, and what CloudWatch calls it. */
export interface ScaledResource {
  readonly id: string;
  readonly dimension:
    'sagemaker:variant:DesiredInstanceCount' | 'sagemaker:inference-component:DesiredCopyCount';
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
  /** Predefined metrics of target tracking. */
  readonly predefined: { readonly invocations: string; readonly concurrency: string };
  /** Names of CloudWatch's metrics, in the namespace AWS/SageMaker. */
  readonly metrics: {
    readonly invocations: string;
    readonly concurrency: string;
    readonly 'no-capacity': string;
  };
}

/** The variant of an endpoint. */
export function variantResource(endpointName: string, variant: string): ScaledResource {
  return {
    id: `endpoint/${endpointName}/variant/${variant}`,
    dimension: 'sagemaker:variant:DesiredInstanceCount',
    dimensions: [
      { Name: 'EndpointName', Value: endpointName },
      { Name: 'VariantName', Value: variant },
    ],
    predefined: {
      invocations: 'SageMakerVariantInvocationsPerInstance',
      concurrency: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
    },
    metrics: {
      invocations: 'InvocationsPerInstance',
      concurrency: 'ConcurrentRequestsPerModel',
      'no-capacity': 'NoCapacityInvocationFailures',
    },
  };
}

function componentResource(component: string): ScaledResource {
  return {
    id: `inference-component/${component}`,
    dimension: 'sagemaker:inference-component:DesiredCopyCount',
    dimensions: [{ Name: 'InferenceComponentName', Value: component }],
    predefined: {
      invocations: 'SageMakerInferenceComponentInvocationsPerCopy',
      concurrency: 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
    },
    metrics: {
      invocations: 'InvocationsPerCopy',
      concurrency: 'ConcurrentRequestsPerCopy',
      'no-capacity': 'NoCapacityInvocationFailures',
    },
  };
}

/** As the options say, without asking anybody: the variant is AWS's usual one unless it is given. */
export function resourceOf(options: SagemakerOptions): ScaledResource {
  if (options.inferenceComponent !== undefined) return componentResource(options.inferenceComponent);
  return variantResource(options.endpointName, options.targetVariant ?? 'AllTraffic');
}

/** The variant that the options name, or the only one that there is. */
export function variantOf(options: SagemakerOptions, endpoint: DescribeEndpointOutput) {
  const variants = endpoint.ProductionVariants ?? [];
  const wanted = options.targetVariant;
  const found =
    wanted === undefined ? variants : variants.filter(({ VariantName }) => VariantName === wanted);
  const [variant] = found;
  if (variant && found.length === 1) return variant;
  const names = variants.map(({ VariantName }) => VariantName).join(', ');
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `target: the endpoint ${options.endpointName} has the variants ${names || 'none'}.`,
    { hint: 'Say with targetVariant which of them is meant.' },
  );
}
