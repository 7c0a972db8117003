import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Price, PricedItem } from './price.js';

const tableSchema = z.object({
  sources: z.array(z.object({ name: z.string(), date: z.string(), regions: z.array(z.string()) })),
  machineHour: z.record(z.string(), z.record(z.string(), z.number())),
  gp3GigabyteMonth: z.record(z.string(), z.number()),
  publicAddressHour: z.number(),
});

let table: z.infer<typeof tableSchema> | undefined;

/** The table that comes with this package: on-demand prices of Linux machines, as published. */
export function priceTable() {
  table ??= tableSchema.parse(JSON.parse(readFileSync(new URL('prices.json', import.meta.url), 'utf8')));
  return table;
}

/** The price in the table; undefined when it does not hold it. Prices are not inferred from each other. */
export function tablePrice(region: string, item: PricedItem): Price | undefined {
  const { sources, machineHour, gp3GigabyteMonth } = priceTable();
  const usDollars =
    item.kind === 'machine' ? machineHour[region]?.[item.instanceType] : gp3GigabyteMonth[region];
  const date = sources.find(({ regions }) => regions.includes(region))?.date;
  return usDollars === undefined
    ? undefined
    : { usDollars, source: `price table of this package, ${date ?? 'undated'}` };
}
