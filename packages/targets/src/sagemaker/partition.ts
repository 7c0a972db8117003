/** A part of AWS with its own accounts, ARNs and DNS suffix. */
export interface Partition {
  readonly id: 'aws' | 'aws-cn' | 'aws-us-gov' | 'aws-eusc';
  readonly dnsSuffix: string;
}

/** The partition that a region belongs to. */
export function partitionOf(region: string): Partition {
  if (region.startsWith('cn-')) return { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn' };
  if (region.startsWith('us-gov-')) return { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com' };
  if (region.startsWith('eusc-')) return { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu' };
  return { id: 'aws', dnsSuffix: 'amazonaws.com' };
}
