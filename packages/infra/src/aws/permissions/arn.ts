/** The part of AWS that a region belongs to. */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** The ARN of something in a region; account and region stay empty where the service has none in its ARNs. */
export function arnOf(
  service: string,
  region: string,
  resource: string,
  { inRegion = true, accountId = '' }: { readonly inRegion?: boolean; readonly accountId?: string } = {},
): string {
  return `arn:${partitionOf(region)}:${service}:${inRegion ? region : ''}:${accountId}:${resource}`;
}
