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
      ServiceCode: item.kind === 'fargate' ? 'AmazonECS' : 'AmazonEC2',
      Filters: Object.entries({ regionCode: aws.settings.region, ...filtersOf(item) }).map(
        ([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }),
      ),
    }),
    { abortSignal: AbortSignal.timeout(patience) },
  );
  const products = ((answer.PriceList ?? []) as readonly unknown[]).map(
    (product) => JSON.parse(String(product)) as unknown,
  );
  const prices = products.filter((product) => isMeant(product, item)).flatMap(pricesOf);
  return prices.find((price) => price > 0);
}

/** Begins with a code of the region but in us-east-1; those of Windows and ARM have a word in between. */
const fargateUsage = {
  x86_64: {
    vcpu: /^([A-Z0-9]+-)?Fargate-vCPU-Hours:perCPU$/,
    gigabyte: /^([A-Z0-9]+-)?Fargate-GB-Hours$/,
  },
  arm64: {
    vcpu: /^([A-Z0-9]+-)?Fargate-ARM-vCPU-Hours:perCPU$/,
    gigabyte: /^([A-Z0-9]+-)?Fargate-ARM-GB-Hours$/,
  },
} as const;

const usageSchema = z.object({ product: z.object({ attributes: z.object({ usagetype: z.string() }) }) });

/** The list does not filter by patterns. */
function isMeant(product: unknown, item: PricedItem): boolean {
  if (item.kind !== 'fargate') return true;
  const { data } = usageSchema.safeParse(product);
  if (data === undefined) return false;
  return fargateUsage[item.architecture][item.unit].test(data.product.attributes.usagetype);
}

function filtersOf(item: PricedItem): Record<string, string> {
  if (item.kind === 'fargate') return { productFamily: 'Compute' };
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
