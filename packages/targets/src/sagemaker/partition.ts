/** A part of AWS with its own accounts, ARNs and DNS suffix. */
export interface Partition {
  readonly id:
    'aws' | 'aws-cn' | 'aws-us-gov' | 'aws-eusc' | 'aws-iso' | 'aws-iso-b' | 'aws-iso-e' | 'aws-iso-f';
  readonly dnsSuffix: string;
}

/** As botocore's partitions.json has them, by what their regions begin with. */
const partitions: Readonly<Record<string, Partition>> = {
  'cn-': { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn' },
  'us-gov-': { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com' },
  'eusc-': { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu' },
  'us-iso-': { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov' },
  'us-isob-': { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov' },
  'eu-isoe-': { id: 'aws-iso-e', dnsSuffix: 'cloud.adc-e.uk' },
  'us-isof-': { id: 'aws-iso-f', dnsSuffix: 'csp.hci.ic.gov' },
};

/** The partition that a region belongs to. */
export function partitionOf(region: string): Partition {
  const found = Object.entries(partitions).find(([prefix]) => region.startsWith(prefix));
  return found?.[1] ?? { id: 'aws', dnsSuffix: 'amazonaws.com' };
}
