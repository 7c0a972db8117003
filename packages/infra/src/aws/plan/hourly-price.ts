import envPaths from 'env-paths';
import type { Account } from '../account/account.js';
import type { Environment } from '../../environment.js';
import type { Aws } from '../clients.js';
import { creditSurplus } from '../price/credits.js';
import { lookUpPrice, lookUpSpotPrice } from '../price/look-up.js';
import type { Price } from '../price/price.js';
import { addressPrice } from '../price/table.js';

/** A month as AWS bills volumes: 730 hours, as in the examples of https://aws.amazon.com/ebs/pricing/. */
const hoursOfMonth = 730;

/** What is paid by the hour. */
export interface PricedFleet {
  readonly instanceType: string;
  readonly volumeGigabytes: number;
  readonly environment: Environment;
  /** Are the machines spare capacity? Of several the first one may not be. */
  readonly spot: boolean;
  /** Absent: one machine. */
  readonly machines?: { readonly onDemand: number; readonly spot: number };
}

/** What a fleet costs an hour, by its parts. */
export interface HourlyPrice {
  readonly parts: readonly { readonly what: string; readonly price: Price | undefined }[];
  /** US dollars of the parts whose price is known. */
  readonly known: number;
  /** US dollars of all parts; undefined while the price of one is not known. */
  readonly total: number | undefined;
}

/**
 * Looks up what machines, their volumes and their addresses cost.
 *
 * @param account shows whether they have addresses, and of how many vCPUs; looked at meanwhile
 */
export async function lookUpHourlyPrice(
  aws: Aws,
  { instanceType, spot, volumeGigabytes, environment, machines }: PricedFleet,
  account: Promise<
    Pick<Account, 'subnets'> & { readonly instanceType: Pick<Account['instanceType'], 'vcpus'> }
  >,
): Promise<HourlyPrice> {
  const counts = machines ?? { onDemand: spot ? 0 : 1, spot: spot ? 1 : 0 };
  const count = counts.onDemand + counts.spot;
  // The prices of a stand-in are its own.
  const cache =
    aws.settings.endpoint === undefined
      ? environment['LOADWRIGHT_CACHE_DIR'] || envPaths('loadwright', { suffix: '' }).cache
      : undefined;
  const [found, onDemandPrice, spotPrice, gigabyteMonth] = await Promise.all([
    account,
    counts.onDemand > 0 ? lookUpPrice(aws, { kind: 'machine', instanceType }, cache) : undefined,
    counts.spot > 0 ? lookUpSpotPrice(aws, instanceType) : undefined,
    lookUpPrice(aws, { kind: 'volume' }, cache),
  ]);
  const volume = gigabyteMonth && {
    ...gigabyteMonth,
    usDollars: (gigabyteMonth.usDollars * volumeGigabytes) / hoursOfMonth,
  };
  const surplus = creditSurplus(instanceType, found.instanceType.vcpus);
  const parts = [
    ...(counts.onDemand > 0 ? [times(counts.onDemand, instanceType, onDemandPrice)] : []),
    ...(counts.spot > 0 ? [times(counts.spot, `${instanceType} (spot)`, spotPrice)] : []),
    ...(surplus ? [times(count, `CPU credits of ${instanceType}`, surplus)] : []),
    times(count, `${volumeGigabytes} GB of gp3`, volume),
    ...(found.subnets.some(({ wayOut }) => wayOut === 'internet-gateway')
      ? [times(count, 'public IPv4 address', addressPrice())]
      : []),
  ];
  const known = parts.reduce((sum, { price }) => sum + (price?.usDollars ?? 0), 0);
  return { parts, known, total: parts.every(({ price }) => price) ? known : undefined };
}

/** Several of the same; one is called by its name alone. */
function times(count: number, what: string, price: Price | undefined): HourlyPrice['parts'][number] {
  return {
    what: count === 1 ? what : `${count} × ${what}`,
    price: price && { ...price, usDollars: count * price.usDollars },
  };
}

/** `c7i.4xlarge $0.7140 (AWS price list, today) + …`; what is not known is said. */
export function describeParts({ parts }: HourlyPrice): string {
  return parts
    .map(({ what, price }) =>
      price ? `${what} $${price.usDollars.toFixed(4)} (${price.source})` : `${what}: no price known`,
    )
    .join(' + ');
}
