import type { SagemakerOptions } from './options.js';
import { partitionOf } from './partition.js';

/** Base URL of the SageMaker runtime, without a trailing slash. */
export function hostOf({ baseUrl, fips, region }: SagemakerOptions): string {
  if (baseUrl !== undefined) return new URL(baseUrl).origin;
  return `https://runtime${fips ? '-fips' : ''}.sagemaker.${region}.${partitionOf(region).dnsSuffix}`;
}
