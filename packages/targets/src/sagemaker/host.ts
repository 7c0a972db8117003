import type { SagemakerOptions } from './options.js';
import { partitionOf } from './partition.js';

/** Base URL of the SageMaker runtime, without a trailing slash. */
export function hostOf({ endpointUrl, fips, region }: SagemakerOptions): string {
  if (endpointUrl !== undefined) return new URL(endpointUrl).origin;
  return `https://runtime${fips ? '-fips' : ''}.sagemaker.${region}.${partitionOf(region).dnsSuffix}`;
}
