import envPaths from 'env-paths';
import type { Account } from '../account.js';
import type { Aws } from '../../aws/clients.js';
import { lookUpPrice, lookUpSpotPrice } from '../../aws/price/look-up.js';
import type { Price } from '../../aws/price/price.js';
import { addressPrice } from '../../aws/price/table.js';
import type { Ec2FleetSettings } from '../settings.js';

/** A month as AWS bills volumes: 730 hours, as in the examples of https://aws.amazon.com/ebs/pricing/. */
const hoursOfMonth = 730;

/** What a fleet costs an hour, by its parts. */
export interface HourlyPrice {
  readonly parts: readonly { readonly what: string; readonly price: Price | undefined }[];
  /** US dollars of the parts whose price is known. */
  readonly known: number;
  /** US dollars of all parts; undefined while the price of one is not known. */
  readonly total: number | undefined;
}

/**
 * Looks up what the machine, its volume and its address cost.
 *
 * @param account shows whether it has an address; looked at meanwhile
 */
export async function lookUpHourlyPrice(
  aws: Aws,
  { instanceType, spot, volumeGigabytes, environment }: Ec2FleetSettings,
  account: Promise<Pick<Account, 'subnets'>>,
): Promise<HourlyPrice> {
  // The prices of a stand-in are its own.
  const cache =
    aws.settings.endpoint === undefined
      ? environment['LOADWRIGHT_CACHE_DIR'] || envPaths('loadwright', { suffix: '' }).cache
      : undefined;
  const [{ subnets }, machine, gigabyteMonth] = await Promise.all([
    account,
    spot ? lookUpSpotPrice(aws, instanceType) : lookUpPrice(aws, { kind: 'machine', instanceType }, cache),
    lookUpPrice(aws, { kind: 'volume' }, cache),
  ]);
  const volume = gigabyteMonth && {
    ...gigabyteMonth,
    usDollars: (gigabyteMonth.usDollars * volumeGigabytes) / hoursOfMonth,
  };
  const parts = [
    { what: spot ? `${instanceType} (spot)` : instanceType, price: machine },
    { what: `${volumeGigabytes} GB of gp3`, price: volume },
    ...(subnets.some(({ wayOut }) => wayOut === 'internet-gateway')
      ? [{ what: 'public IPv4 address', price: addressPrice() }]
      : []),
  ];
  const known = parts.reduce((sum, { price }) => sum + (price?.usDollars ?? 0), 0);
  return { parts, known, total: parts.every(({ price }) => price) ? known : undefined };
}

/** `c7i.4xlarge $0.7140 (AWS price list, today) + …`; what is not known is said. */
export function describeParts({ parts }: HourlyPrice): string {
  return parts
    .map(({ what, price }) =>
      price ? `${what} $${price.usDollars.toFixed(4)} (${price.source})` : `${what}: no price known`,
    )
    .join(' + ');
}
