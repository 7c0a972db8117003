import { formatDollars, formatNumber, type FleetPrice } from '@loadwright/core/fleet';
import envPaths from 'env-paths';
import type { Account } from '../account/account.js';
import type { Environment } from '../../environment.js';
import type { Aws } from '../clients.js';
import type { TaggedPrice } from '../fleets/facts.js';
import { creditSurplus } from '../price/credits.js';
import { lookUpPrice, lookUpSpotPrice } from '../price/look-up.js';
import type { Price } from '../price/price.js';
import {
  addressPrice,
  bestKnownRegion,
  parameterPrices,
  priceElsewhere,
  type PriceElsewhere,
} from '../price/table.js';

/** A month as AWS bills volumes: 730 hours, as in the examples of https://aws.amazon.com/ebs/pricing/. Parameters alike. */
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
  /** How many parameters it has, see `countParameters`. */
  readonly secrets: number;
}

/** What a fleet costs an hour, by its parts. */
export interface HourlyPrice {
  readonly parts: readonly {
    readonly what: string;
    readonly price: Price | undefined;
    /** What it costs in another region, where no price is known. */
    readonly elsewhere?: PriceElsewhere | undefined;
  }[];
  /** US dollars of the parts whose price is known. */
  readonly known: number;
  /** US dollars of all parts; undefined while the price of one is not known. */
  readonly total: number | undefined;
}

/**
 * Looks up what machines, their volumes, their addresses and the secrets of the fleet cost.
 *
 * @param account shows whether they have addresses, and of how many vCPUs; looked at meanwhile
 */
export async function lookUpHourlyPrice(
  aws: Aws,
  { instanceType, spot, volumeGigabytes, environment, machines, secrets }: PricedFleet,
  account: Promise<
    Pick<Account, 'subnets'> & { readonly instanceType: Pick<Account['instanceType'], 'vcpus'> }
  >,
): Promise<HourlyPrice> {
  const counts = machines ?? { onDemand: spot ? 0 : 1, spot: spot ? 1 : 0 };
  const count = counts.onDemand + counts.spot;
  const cache = priceCache(aws, environment);
  const [found, onDemandPrice, spotPrice, gigabyteMonth] = await Promise.all([
    account,
    counts.onDemand > 0 ? lookUpPrice(aws, { kind: 'machine', instanceType }, cache) : undefined,
    counts.spot > 0 ? lookUpSpotPrice(aws, instanceType) : undefined,
    lookUpPrice(aws, { kind: 'volume' }, cache),
  ]);
  const perHour = <Known extends Price>(price: Known | undefined) => hourOf(price, volumeGigabytes);
  const volume = perHour(gigabyteMonth);
  const surplus = creditSurplus(instanceType, found.instanceType.vcpus);
  const parts = [
    ...(counts.onDemand > 0
      ? [
          times(
            counts.onDemand,
            instanceType,
            onDemandPrice,
            priceElsewhere({ kind: 'machine', instanceType }),
          ),
        ]
      : []),
    ...(counts.spot > 0 ? [times(counts.spot, `${instanceType} (spot)`, spotPrice)] : []),
    ...(surplus ? [times(count, `CPU credits of ${instanceType}`, surplus)] : []),
    times(count, `${volumeGigabytes} GB of gp3`, volume, perHour(priceElsewhere({ kind: 'volume' }))),
    ...(found.subnets.some(({ wayOut }) => wayOut === 'internet-gateway')
      ? [times(count, 'public IPv4 address', addressPrice())]
      : []),
    priceOfSecrets(secrets, count),
  ];
  return priceOfParts(parts);
}

/**
 * What the secrets of a fleet cost: each is an advanced parameter of the Parameter Store. A start writes each once, and reads it once
 * for the command and at most once for each machine or task; what other commands read is not known beforehand.
 *
 * @param readers machines, or tasks
 */
export function priceOfSecrets(secrets: number, readers: number): HourlyPrice['parts'][number] {
  const { month, call } = parameterPrices();
  const hour = hourOf(month, 1);
  const each = hour && call && { ...hour, usDollars: hour.usDollars + (2 + readers) * call.usDollars };
  return times(secrets, 'secret in the Parameter Store, with the calls of a start', each);
}

/** An hour of what is paid by the month. */
function hourOf<Known extends Price>(price: Known | undefined, count: number): Known | undefined {
  return price && { ...price, usDollars: (price.usDollars * count) / hoursOfMonth };
}

/** The folder of prices that were looked up; none for those of a stand-in, which are its own. */
export function priceCache(aws: Aws, environment: Environment): string | undefined {
  if (aws.settings.endpoint !== undefined) return undefined;
  return environment['LOADWRIGHT_CACHE_DIR'] || envPaths('loadwright', { suffix: '' }).cache;
}

/** Adds up what is known. */
export function priceOfParts(parts: HourlyPrice['parts']): HourlyPrice {
  const known = parts.reduce((sum, { price }) => sum + (price?.usDollars ?? 0), 0);
  return { parts, known, total: parts.every(({ price }) => price) ? known : undefined };
}

/** Several of the same; one is called by its name alone. */
export function times(
  count: number,
  what: string,
  price: Price | undefined,
  elsewhere?: PriceElsewhere,
): HourlyPrice['parts'][number] {
  return {
    what: count === 1 ? what : `${count} × ${what}`,
    price: price && { ...price, usDollars: count * price.usDollars },
    elsewhere: elsewhere && { ...elsewhere, usDollars: count * elsewhere.usDollars },
  };
}

/** A price as plans show it. */
export function pricedAs(price: HourlyPrice): FleetPrice {
  return {
    usDollars: price.known,
    source: describeParts(price),
    ...(price.total === undefined && { isIncomplete: true }),
  };
}

/** What tags say of it. */
export const taggedAs = ({ known, total }: HourlyPrice): TaggedPrice => ({
  usDollars: known,
  isIncomplete: total === undefined,
});

/** `c7i.4xlarge $0.7140 (AWS price list, today) + …`; what is not known is said. */
function describeParts({ parts }: HourlyPrice): string {
  return parts
    .map(({ what, price, elsewhere }) =>
      price
        ? `${what} ${formatDollars(price.usDollars, 4)} (${price.source})`
        : `${what}: no price known${describeElsewhere(elsewhere)}`,
    )
    .join(' + ');
}

function describeElsewhere(elsewhere: PriceElsewhere | undefined): string {
  if (!elsewhere) return '';
  const { usDollars, source, range } = elsewhere;
  const others = range
    ? `${formatNumber(range[0], 2, 2)} to ${formatNumber(range[1], 2, 2)} times as much in the other regions of that table`
    : 'other regions ask another price, and how much more is not known';
  return ` in this region, so it is not in the sum; ${formatDollars(usDollars, 4)} in ${bestKnownRegion} (${source}), ${others}`;
}
