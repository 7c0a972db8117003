import { GetProductsCommand } from '@aws-sdk/client-pricing';
import { z } from 'zod';
import type { Aws } from '../clients.js';
import type { PricedItem } from './price.js';

/** The price list is a help, not a need: it is not waited for for long. In milliseconds. */
const patience = 5000;

const productSchema = z.object({
  terms: z.object({
    OnDemand: z.record(
      z.string(),
      z.object({
        priceDimensions: z.record(z.string(), z.object({ pricePerUnit: z.object({ USD: z.string() }) })),
      }),
    ),
  }),
});

/**
 * What AWS asks now: the price of an hour of a machine with Linux, or of a GB of gp3 for a month.
 *
 * @returns undefined when the list does not hold it.
 */
export async function listedPrice(aws: Aws, item: PricedItem): Promise<number | undefined> {
  const answer = await aws.pricing.send(
    new GetProductsCommand({
      ServiceCode: 'AmazonEC2',
      Filters: Object.entries({ regionCode: aws.settings.region, ...filtersOf(item) }).map(
        ([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }),
      ),
    }),
    { abortSignal: AbortSignal.timeout(patience) },
  );
  const products: readonly unknown[] = answer.PriceList ?? [];
  const prices = products.flatMap((product) => pricesOf(JSON.parse(String(product)) as unknown));
  return prices.find((price) => price > 0);
}

function filtersOf(item: PricedItem): Record<string, string> {
  if (item.kind === 'volume') return { productFamily: 'Storage', volumeApiName: 'gp3' };
  return {
    instanceType: item.instanceType,
    operatingSystem: 'Linux',
    tenancy: 'Shared',
    preInstalledSw: 'NA',
    capacitystatus: 'Used',
  };
}

function pricesOf(product: unknown): number[] {
  const { data } = productSchema.safeParse(product);
  return Object.values(data?.terms.OnDemand ?? {}).flatMap(({ priceDimensions }) =>
    Object.values(priceDimensions).map(({ pricePerUnit }) => Number(pricePerUnit.USD)),
  );
}
