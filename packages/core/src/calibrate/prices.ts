import { LoadwrightError } from '../errors.js';
import type { FleetPrice } from '../fleet/contract.js';
import type { Budget, Prices } from './contract.js';

/** What is given of the prices, and what they have to limit. In US dollars; absent: not known. */
export interface GivenPrices {
  readonly budget: Budget;
  readonly usDollarsPerHour?: number;
  readonly usDollarsPerRequest?: number;
}

/**
 * Prices of a calibration, as far as they are known.
 *
 * @param planned Of a fleet that is to be made, an hour; what is given overrides it. Absent: nothing says it.
 * @returns undefined when the price of the fleet is not known, or nothing has one: what is spent cannot be said then.
 * @throws LoadwrightError `CONFIG_INVALID` when money is limited and a price is not known: what it is not counted in would not be limited.
 */
export function pricesOf(
  { budget, usDollarsPerRequest, ...given }: GivenPrices,
  planned?: Omit<FleetPrice, 'source'>,
): Prices | undefined {
  const usDollarsPerHour = given.usDollarsPerHour ?? (planned?.isIncomplete ? undefined : planned?.usDollars);
  requirePrices(budget, [
    [usDollarsPerHour, 'an hour of the fleet', '--fleet-cost-per-hour (usDollarsPerHour)'],
    [usDollarsPerRequest, 'a request to the service', '--cost-per-request (usDollarsPerRequest)'],
  ]);
  if (usDollarsPerHour === undefined || !(usDollarsPerHour > 0 || (usDollarsPerRequest ?? 0) > 0)) {
    return undefined;
  }
  return { usDollarsPerHour, usDollarsPerRequest: usDollarsPerRequest ?? 0 };
}

/** Before anything is made: the price of a request comes from nowhere else. @throws what {@link pricesOf} throws. */
export function requireRequestPrice({ budget, usDollarsPerRequest }: GivenPrices): void {
  pricesOf({
    budget,
    usDollarsPerHour: 0,
    ...(usDollarsPerRequest !== undefined && { usDollarsPerRequest }),
  });
}

function requirePrices(
  { usDollars }: Budget,
  prices: readonly (readonly [price: number | undefined, name: string, flag: string])[],
): void {
  const unknown = prices.filter(([price]) => price === undefined);
  if (usDollars === undefined || unknown.length === 0) return;
  const names = unknown.map(([, name]) => name).join(' and of ');
  const flags = unknown.map(([, , flag]) => flag).join(' and ');
  throw new LoadwrightError(
    'CONFIG_INVALID',
    `--max-cost (budget.usDollars): found ${usDollars}, but the price of ${names} is not known in full: the limit would not hold`,
    {
      hint: `Give it with ${flags}, which is 0 where it costs nothing more than is paid anyway, or leave the limit out.`,
    },
  );
}
