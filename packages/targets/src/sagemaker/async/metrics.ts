import type { TargetDefinition } from '@loadwright/core/target';

/** What `sagemaker_results.py` measures. */
export const asyncMetrics: NonNullable<TargetDefinition['metrics']> = {
  async_enqueue: { kind: 'trend', unit: 'ms', description: 'from the first byte sent to the answer 202' },
  async_end_to_end: {
    ...{ kind: 'trend', unit: 'ms' },
    description: 'from when the request was due or sent until its result was seen in S3',
  },
  async_list_calls: { kind: 'counter', unit: '', description: 'ListObjectsV2 calls to find results' },
  async_list_calls_failed: {
    ...{ kind: 'counter', unit: '' },
    description: 'lists of results that S3 did not give',
  },
  async_outputs_removed: { kind: 'counter', unit: '', description: 'outputs and failures removed from S3' },
};
