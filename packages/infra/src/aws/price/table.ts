import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Price, PricedItem } from './price.js';

const priceSchema = z.object({ source: z.string(), usDollars: z.number().positive() });

const fargateSchema = z.object({ vcpu: z.number().positive(), gigabyte: z.number().positive() });

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
  /** Of tasks on Fargate with Linux. */
  fargateHour: z.record(
    z.string(),
    z.object({ source: z.string(), x86_64: fargateSchema.optional(), arm64: fargateSchema.optional() }),
  ),
  publicAddressHour: priceSchema,
  /** One parameter; less than a month by the hour. */
  advancedParameterMonth: priceSchema,
  /** One parameter that a call reads or writes. */
  advancedParameterCall: priceSchema,
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
  const { machineHour, gp3GigabyteMonth, fargateHour } = priceTable();
  if (item.kind === 'fargate') {
    const row = fargateHour[region];
    return fromTable({ source: row?.source, usDollars: row?.[item.architecture]?.[item.unit] });
  }
  if (item.kind === 'volume') return fromTable(gp3GigabyteMonth[region]);
  const machines = machineHour[region];
  return fromTable({ source: machines?.source, usDollars: machines?.usDollars[item.instanceType] });
}

/** The region of which the table knows most. */
export const bestKnownRegion = 'us-east-1';

/** What something costs in {@link bestKnownRegion}, for regions of which no price is known. */
export interface PriceElsewhere extends Price {
  /** How many times as much the cheapest and the dearest price of the same kind in other regions are; undefined when there are none. */
  readonly range: readonly [least: number, most: number] | undefined;
}

/** @returns undefined when the table does not hold it there either */
export function priceElsewhere(item: PricedItem): PriceElsewhere | undefined {
  const price = tablePrice(bestKnownRegion, item);
  return price && { ...price, range: rangeOf(item.kind) };
}

/** Over all commercial regions of the table, each price against that of the same thing. */
function rangeOf(kind: PricedItem['kind']): PriceElsewhere['range'] {
  const { machineHour, gp3GigabyteMonth } = priceTable();
  const ratios = Object.keys(kind === 'machine' ? machineHour : gp3GigabyteMonth)
    .filter((region) => region !== bestKnownRegion && !region.startsWith('us-gov-'))
    .flatMap((region) => {
      if (kind === 'fargate') return [];
      const items: PricedItem[] =
        kind === 'volume'
          ? [{ kind }]
          : Object.keys(machineHour[region]?.usDollars ?? {}).map((instanceType) => ({ kind, instanceType }));
      return items.flatMap((item) => {
        const [here, there] = [tablePrice(region, item), tablePrice(bestKnownRegion, item)];
        return here && there ? [here.usDollars / there.usDollars] : [];
      });
    });
  return ratios.length === 0 ? undefined : [Math.min(...ratios), Math.max(...ratios)];
}

/** What a public IPv4 address costs an hour; the same in all regions. */
export function addressPrice(): Price | undefined {
  return fromTable(priceTable().publicAddressHour);
}

/** What an advanced parameter of the Parameter Store costs; the same in all regions. */
export function parameterPrices(): { readonly month: Price | undefined; readonly call: Price | undefined } {
  const { advancedParameterMonth, advancedParameterCall } = priceTable();
  return { month: fromTable(advancedParameterMonth), call: fromTable(advancedParameterCall) };
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
