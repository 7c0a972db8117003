import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Price, PricedItem } from './price.js';

const priceSchema = z.object({ source: z.string(), usDollars: z.number().positive() });

const tableSchema = z.object({
  /** Of a commit of a public repository, or a page; a source without a date does not tell it. */
  sources: z.record(
    z.string(),
    z.object({ name: z.string(), commit: z.string().optional(), date: z.iso.date().optional() }),
  ),
  machineHour: z.record(
    z.string(),
    z.object({ source: z.string(), usDollars: z.record(z.string(), z.number().positive()) }),
  ),
  gp3GigabyteMonth: z.record(z.string(), priceSchema),
  publicAddressHour: priceSchema,
});

let table: z.infer<typeof tableSchema> | undefined;

/**
 * The table that comes with this package, by region: on-demand prices of Linux machines, and of gp3. Made by
 * `tools/update-prices.mjs`.
 */
export function priceTable() {
  table ??= tableSchema.parse(JSON.parse(readFileSync(new URL('prices.json', import.meta.url), 'utf8')));
  return table;
}

/** The price in the table; undefined when it does not hold it. Prices are not inferred from each other. */
export function tablePrice(region: string, item: PricedItem): Price | undefined {
  const { machineHour, gp3GigabyteMonth } = priceTable();
  if (item.kind === 'volume') return fromTable(gp3GigabyteMonth[region]);
  const machines = machineHour[region];
  return fromTable({ source: machines?.source, usDollars: machines?.usDollars[item.instanceType] });
}

/** What a public IPv4 address costs an hour; the same in all regions. */
export function addressPrice(): Price | undefined {
  return fromTable(priceTable().publicAddressHour);
}

function fromTable(
  row: { readonly source?: string | undefined; readonly usDollars?: number | undefined } | undefined,
): Price | undefined {
  const source = priceTable().sources[row?.source ?? ''];
  if (!source || row?.usDollars === undefined) return undefined;
  const { name, commit, date } = source;
  const version = commit === undefined ? '' : ` at ${commit.slice(0, 7)}`;
  return { usDollars: row.usDollars, source: `${name}${version}, ${date ?? 'of unknown date'}` };
}
