/** The ARN of something in a region of the partition `aws`, the only one that options allow; account and region stay empty where the service has none in its ARNs. */
export function arnOf(
  service: string,
  region: string,
  resource: string,
  { inRegion = true, accountId = '' }: { readonly inRegion?: boolean; readonly accountId?: string } = {},
): string {
  return `arn:aws:${service}:${inRegion ? region : ''}:${accountId}:${resource}`;
}
