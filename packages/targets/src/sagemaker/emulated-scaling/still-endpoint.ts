import { validationError, type Members, type Operation } from './service-error.js';

/** What there is to say of an endpoint. */
export interface Described {
  readonly endpointName: string;
  readonly variant: string;
  readonly region: string;
  readonly concurrency: number;
  /** Undefined: its variant has instances. */
  readonly serverless?: object | undefined;
}

/** What SageMaker says of an endpoint that does not scale: one instance, or none with a serverless variant. */
export function stillSagemakerFace({
  endpointName,
  variant,
  region,
  concurrency,
  serverless,
}: Described): Readonly<Record<string, Operation>> {
  return {
    DescribeEndpoint(input: Members) {
      if (input['EndpointName'] !== endpointName)
        throw validationError(`Could not find endpoint "${String(input['EndpointName'])}".`);
      const weight = { CurrentWeight: 1, DesiredWeight: 1 };
      const size = serverless
        ? { CurrentServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: concurrency } }
        : { CurrentInstanceCount: 1, DesiredInstanceCount: 1 };
      return {
        EndpointName: endpointName,
        EndpointArn: `arn:aws:sagemaker:${region}:123456789012:endpoint/${endpointName.toLowerCase()}`,
        EndpointStatus: 'InService',
        ...{ CreationTime: 0, LastModifiedTime: 0 },
        ProductionVariants: [{ VariantName: variant, ...weight, ...size }],
      };
    },
  };
}

/** Nothing scales it, so that nothing has happened. */
export const stillAutoScalingFace: Readonly<Record<string, Operation>> = {
  DescribeScalingActivities: () => ({ ScalingActivities: [] }),
};
