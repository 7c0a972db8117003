import { DescribeSpotPriceHistoryCommand, type _InstanceType } from '@aws-sdk/client-ec2';
import type { Aws } from '../clients.js';
import { cachedPrice, cachePrice } from './cache.js';
import { listedPrice } from './price-list.js';
import type { Price, PricedItem } from './price.js';
import { tablePrice } from './table.js';

/**
 * What something costs in the region of the clients: from the price list of AWS, kept for 7 days, or else from the table
 * of this package. Never fails: an unknown price is undefined.
 *
 * @param cacheDirectory folder of prices that were looked up; undefined: none are kept
 */
export async function lookUpPrice(
  aws: Aws,
  item: PricedItem,
  cacheDirectory: string | undefined,
): Promise<Price | undefined> {
  const { region } = aws.settings;
  const key = `${region}-${nameOfItem(item)}`;
  const now = new Date();
  const cached = cacheDirectory && (await cachedPrice(cacheDirectory, key, now));
  if (cached) {
    return { usDollars: cached.usDollars, source: `AWS price list, read on ${cached.at.slice(0, 10)}` };
  }
  const listed = await unlessRefused(aws, listedPrice(aws, item));
  if (listed === undefined) return tablePrice(region, item);
  if (cacheDirectory) await cachePrice(cacheDirectory, key, listed, now);
  return { usDollars: listed, source: 'AWS price list, today' };
}

function nameOfItem(item: PricedItem): string {
  if (item.kind === 'machine') return item.instanceType;
  if (item.kind === 'volume') return 'gp3';
  return item.architecture === 'arm64' ? `fargate-arm64-${item.unit}` : `fargate-${item.unit}`;
}

/** The latest price of spare capacity, in the dearest zone; undefined when it is unknown. */
export async function lookUpSpotPrice(aws: Aws, instanceType: string): Promise<Price | undefined> {
  const call = aws.ec2.send(
    new DescribeSpotPriceHistoryCommand({
      InstanceTypes: [instanceType as _InstanceType],
      ProductDescriptions: ['Linux/UNIX'],
      // From now on: AWS answers with the prices in force.
      StartTime: new Date(),
    }),
  );
  const { SpotPriceHistory = [] } = (await unlessRefused(aws, call)) ?? {};
  const prices = SpotPriceHistory.map(({ SpotPrice }) => Number(SpotPrice)).filter((price) => price > 0);
  return prices.length === 0
    ? undefined
    : { usDollars: Math.max(...prices), source: 'spot price history, the dearest zone now' };
}

async function unlessRefused<Answer>(aws: Aws, call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch {
    aws.signal.throwIfAborted();
    return undefined;
  }
}
