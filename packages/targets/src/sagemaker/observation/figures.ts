import type { FigureDefinition } from '@loadwright/core/target';

/** One metric of CloudWatch, and what a report makes of it. */
export interface CloudWatchFigure extends FigureDefinition {
  readonly metric: string;
  readonly statistic: 'Average' | 'Maximum' | 'SampleCount' | 'Sum' | 'p99';
  /** Of the metric's unit to the figure's: latencies come in microseconds. */
  readonly factor?: number;
  /** It is published of serverless variants alone. */
  readonly isServerless?: boolean;
}

const invocations = 'AWS/SageMaker';
const instances = '/aws/sagemaker/Endpoints';

/** Length of a period, in seconds: what AWS publishes of endpoints without further settings. */
export const periodSeconds = 60;

const perSecond = { unit: 'requests/s', statistic: 'Sum', factor: 1 / periodSeconds } as const;
const milliseconds = { unit: 'ms', factor: 1 / 1000 } as const;
const setup = { metric: 'ModelSetupTime', isServerless: true } as const;

/**
 * Metrics by name of their figure and by namespace. Source: "Amazon SageMaker AI metrics in Amazon CloudWatch", read in 2026.
 * CPUUtilization and GPUUtilization reach 100 % for each core and GPU, so that nothing says when they are used up; the
 * normalized one does.
 */
export const cloudWatchFigures: Readonly<Record<string, Readonly<Record<string, CloudWatchFigure>>>> = {
  [invocations]: {
    Invocations: {
      ...{ metric: 'Invocations', ...perSecond },
      description: 'requests that reached the endpoint',
    },
    Invocation4XXErrors: {
      ...{ metric: 'Invocation4XXErrors', ...perSecond },
      description: 'requests that the model answered with 4xx',
    },
    Invocation5XXErrors: {
      ...{ metric: 'Invocation5XXErrors', ...perSecond },
      description: 'requests that were answered with 5xx',
    },
    ModelLatency: {
      ...{ metric: 'ModelLatency', statistic: 'Average', ...milliseconds },
      description: 'mean time of the model as SageMaker sees it: container and the way to it',
    },
    'ModelLatency p99': {
      ...{ metric: 'ModelLatency', statistic: 'p99', ...milliseconds },
      description: 'p99 of the time of the model as SageMaker sees it',
    },
    OverheadLatency: {
      ...{ metric: 'OverheadLatency', statistic: 'Average', ...milliseconds },
      description: 'mean time that SageMaker adds to that of the model',
    },
    ConcurrentRequestsPerModel: {
      ...{ metric: 'ConcurrentRequestsPerModel', statistic: 'Maximum', unit: 'requests' },
      description: 'requests in the model at once, those in its queue included',
    },
    FirstChunkLatency: {
      ...{ metric: 'FirstChunkLatency', statistic: 'Average', ...milliseconds },
      description: 'mean time to the first part of a streamed answer',
    },
    MidStreamErrors: {
      ...{ metric: 'MidStreamErrors', ...perSecond },
      description: 'streams that ended with an error in the middle',
    },
    ModelLoadingWaitTime: {
      ...{ metric: 'ModelLoadingWaitTime', statistic: 'Average', ...milliseconds },
      description: 'mean time that requests waited for a model of a multi-model endpoint to be loaded',
    },
    'cold starts': {
      ...{ ...setup, statistic: 'SampleCount', unit: '' },
      description: 'how often a serverless variant launched compute resources, by minute',
    },
    ModelSetupTime: {
      ...{ ...setup, statistic: 'Average', ...milliseconds },
      description: 'mean time to launch compute resources of a serverless variant: a part of OverheadLatency',
    },
    'ModelSetupTime maximum': {
      ...{ ...setup, statistic: 'Maximum', ...milliseconds },
      description: 'longest time to launch compute resources of a serverless variant',
    },
  },
  [instances]: {
    CPUUtilization: {
      ...{ metric: 'CPUUtilization', statistic: 'Average', unit: '%' },
      description: 'CPU of an instance, up to 100 % for each core',
    },
    CPUUtilizationNormalized: {
      ...{ metric: 'CPUUtilizationNormalized', statistic: 'Average', unit: '%', full: 100 },
      description: 'CPU of an instance, of all its cores',
    },
    MemoryUtilization: {
      ...{ metric: 'MemoryUtilization', statistic: 'Average', unit: '%', full: 100 },
      description: 'memory of the containers of an instance',
    },
    GPUUtilization: {
      ...{ metric: 'GPUUtilization', statistic: 'Average', unit: '%' },
      description: 'GPUs of an instance, up to 100 % for each',
    },
    GPUMemoryUtilization: {
      ...{ metric: 'GPUMemoryUtilization', statistic: 'Average', unit: '%' },
      description: 'memory of the GPUs of an instance, up to 100 % for each',
    },
  },
};

/** What `DescribeEndpoint` says, by variant. */
export const instanceFigures: Readonly<Record<string, FigureDefinition>> = {
  instances: { unit: 'instances', description: 'instances that serve, by variant', indicates: 'instances' },
  'instances desired': { unit: 'instances', description: 'instances that the variant is to have' },
};
