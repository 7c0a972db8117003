import type { FigureDefinition } from '@loadwright/core/target';

/** A metric of the export, and how its values of several replicas become one. */
export interface ExportedFigure extends FigureDefinition {
  readonly metric: string;
  /** `mean` of gauges, `sum` of counts, `histogram`: its mean. */
  readonly kind: 'mean' | 'sum' | 'histogram';
  readonly factor?: number;
}

/** What the values of the export are of, in seconds: the last minute. */
export const windowSeconds = 60;

const percentage = { kind: 'mean', unit: '%', full: 100 } as const;
const perSecond = { kind: 'sum', unit: 'requests/s', factor: 1 / windowSeconds } as const;
const latency = { kind: 'histogram', unit: 'ms' } as const;

/**
 * Source: Databricks, "Track and export serving endpoint health metrics to Prometheus and Datadog", and the names in Datadog's
 * integration, read in 2026. An endpoint without GPUs has none of theirs.
 */
export const figures: Readonly<Record<string, ExportedFigure>> = {
  cpu: { metric: 'cpu_usage_percentage', ...percentage, description: 'CPU of all replicas' },
  memory: { metric: 'mem_usage_percentage', ...percentage, description: 'memory of all replicas' },
  gpu: { metric: 'gpu_usage_percentage', ...percentage, description: 'GPUs of all replicas' },
  'gpu memory': {
    ...{ metric: 'gpu_memory_usage_percentage', ...percentage },
    description: 'memory of the GPUs of all replicas',
  },
  'provisioned concurrency': {
    ...{
      metric: 'provisioned_concurrent_requests_total',
      kind: 'sum',
      unit: 'requests',
      indicates: 'instances',
    },
    description: 'requests that the endpoint can serve at once, as it is scaled now',
  },
  requests: {
    metric: 'request_count_total',
    ...perSecond,
    description: 'requests that the endpoint counted',
  },
  '4xx': { metric: 'request_4xx_count_total', ...perSecond, description: 'answers with 4xx' },
  '5xx': { metric: 'request_5xx_count_total', ...perSecond, description: 'answers with 5xx' },
  'request latency': {
    ...{ metric: 'request_latency_ms', ...latency },
    description: 'mean time of a request within Databricks, without authentication and rate limits',
  },
  'queue time': {
    ...{ metric: 'model_queue_time_ms', ...latency, indicates: 'queue' },
    description: 'mean time that a request waited for a free place in the model',
  },
  'model latency': {
    ...{ metric: 'model_prediction_latency_ms', ...latency },
    description: 'mean time that the model computed',
  },
};
